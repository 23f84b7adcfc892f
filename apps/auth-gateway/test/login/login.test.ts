import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScene, type Scene } from '../support/scene.ts';

describe('a login', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await createScene();
  });
  afterAll(() => scene.close());

  it('ends in a session', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/');
    const session = await browser.send('/api/session');
    expect(session.json()).toMatchObject({ user: { id: scene.alice.id, username: 'alice@example.com' }, connector: { reference: 'Corp' } });
  });
});
