import { type LoginAttempt, LoginStateError } from '@gatehouse/login-state';
import type { ResponseOptions } from '@gatehouse/practice-idp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.close());

type Outcome = { readonly user: string } | { readonly code: string | undefined };

/** Signs in with a new browser and says who came out of it. */
const outcomeOf = async (options: Partial<ResponseOptions>, reference = 'corp'): Promise<Outcome> => {
  const browser = scene.browser();
  const login = await browser.start(reference);
  const answer = await browser.answer(scene.response(login, options), login.relayState);
  if (answer.statusCode === 303) {
    return { user: (await browser.send('/api/session')).json<{ user: { username: string } }>().user.username };
  }
  const failed = (await scene.facts()).filter((fact) => fact.type === 'login.failed');
  return { code: failed.at(-1)?.data.code };
};

const persistent = (value: string, email: string): Partial<ResponseOptions> => ({
  nameId: value,
  nameIdFormat: 'persistent',
  attributes: [{ name: 'email', values: [email] }],
});

const transient = (email: string): Partial<ResponseOptions> => ({
  nameId: '_transient-name',
  nameIdFormat: 'transient',
  attributes: [{ name: 'email', values: [email] }],
});

describe('first use', () => {
  it('binds the subject before the session starts', async () => {
    expect(await outcomeOf(persistent('subject-1', 'alice@example.com'))).toEqual({ user: 'alice@example.com' });
    expect(scene.owners.user(scene.alice.id).links[0]?.subjectDigest).toMatch(/^[\w-]{43}$/);
  });

  it('waits while the directory is down; those who are bound go on', async () => {
    await outcomeOf(persistent('subject-1', 'alice@example.com'));
    scene.owners.directoryDown(true);
    expect(await outcomeOf(persistent('subject-1', 'alice@example.com'))).toEqual({ user: 'alice@example.com' });
    const browser = scene.browser();
    const login = await browser.start('corp');
    const answer = await browser.answer(
      scene.response(login, persistent('subject-2', 'bob@example.com')),
      login.relayState,
    );
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['content-type']).toContain('text/html');
    scene.owners.directoryDown(false);
    const again = await browser.answer(
      scene.response(login, persistent('subject-2', 'bob@example.com')),
      login.relayState,
    );
    expect(again.headers.location).toBe('/');
  });

  it('finds the user in spite of case, width and IDNA spelling of his address', async () => {
    expect(await outcomeOf(persistent('s', 'ALICE@ＥＸＡＭＰＬＥ.com'))).toEqual({ user: 'alice@example.com' });
  });
});

describe('the format of a name', () => {
  it('belongs to the subject: what one format calls alice@example.com is not who another one calls so', async () => {
    const address = { nameId: 'alice@example.com' };
    const malloryMail = [{ name: 'email', values: ['mallory@example.com'] }];
    expect(await outcomeOf({ ...address, nameIdFormat: 'emailAddress' })).toEqual({ user: 'alice@example.com' });
    for (const nameIdFormat of ['unspecified', 'persistent'] as const) {
      expect(await outcomeOf({ ...address, nameIdFormat, attributes: malloryMail })).toEqual({ code: 'user_unknown' });
    }
    expect(await outcomeOf({ ...address, nameIdFormat: 'emailAddress' })).toEqual({ user: 'alice@example.com' });
  });
});

describe('an e-mail address', () => {
  it.each(['ａlice@example.com', '\u24d0lice@example.com'])(
    'spelt with look-alike signs binds nobody: %s',
    async (email) => {
      expect(await outcomeOf(persistent('impostor', email))).toEqual({ code: 'email_missing' });
      expect(await outcomeOf(persistent('alice', 'alice@example.com'))).toEqual({ user: 'alice@example.com' });
    },
  );

  it('never moves a bound account to another subject', async () => {
    await outcomeOf(persistent('subject-1', 'alice@example.com'));
    expect(await outcomeOf(persistent('subject-2', 'alice@example.com'))).toEqual({ code: 'subject_mismatch' });
  });

  it('does not matter any more once the subject is bound', async () => {
    await outcomeOf(persistent('subject-1', 'alice@example.com'));
    expect(await outcomeOf(persistent('subject-1', 'bob@example.com'))).toEqual({ user: 'alice@example.com' });
  });

  it('does not let a transient NameID step around the binding', async () => {
    expect(await outcomeOf(transient('alice@example.com'))).toEqual({ user: 'alice@example.com' });
    expect(scene.owners.user(scene.alice.id).links[0]?.subjectDigest).toBeUndefined();
    await outcomeOf(persistent('subject-1', 'alice@example.com'));
    expect(await outcomeOf(transient('alice@example.com'))).toEqual({ code: 'subject_mismatch' });
  });

  it.each([
    // Cyrillic а, dotless ı, long s, zero-width space, a combining mark.
    ['аlice@example.com', 'user_unknown'],
    ['alıce@example.com', 'user_unknown'],
    ['alice\u0301@example.com', 'user_unknown'],
    ['alice@example.com\u200b', 'email_missing'],
    ['alice@example.com@evil.example', 'email_missing'],
    ['alice@example.com\u0000.evil.example', undefined],
  ])('%j is not alice@example.com', async (email, code) => {
    const outcome = await outcomeOf(persistent('subject-9', email)).catch(() => ({ code: undefined }));
    expect(outcome).not.toHaveProperty('user');
    if (code !== undefined) expect(outcome).toEqual({ code });
  });

  it('must be one', async () => {
    const two = {
      ...persistent('s', ''),
      attributes: [{ name: 'email', values: ['alice@example.com', 'bob@example.com'] }],
    };
    expect(await outcomeOf(two)).toEqual({ code: 'email_ambiguous' });
  });

  it('must be there for a user who is not bound', async () => {
    expect(await outcomeOf({ nameId: 'subject', nameIdFormat: 'persistent', attributes: [] })).toEqual({
      code: 'email_missing',
    });
  });
});

describe('a user', () => {
  it('who is not linked to the connector is refused', async () => {
    await scene.owners.addUser('carol@example.com', []);
    await scene.settled();
    expect(await outcomeOf({ nameId: 'carol@example.com' })).toEqual({ code: 'user_not_linked' });
  });

  it('who is suspended is refused, bound or not', async () => {
    await outcomeOf({ nameId: 'alice@example.com' });
    for (const { id } of [scene.alice, scene.bob]) {
      await scene.owners.changeUser(id, ({ user, links }) => ({ user: { ...user, status: 'suspended' }, links }));
    }
    await scene.settled();
    expect(await outcomeOf({ nameId: 'alice@example.com' })).toEqual({ code: 'user_not_active' });
    expect(await outcomeOf({ nameId: 'bob@example.com' })).toEqual({ code: 'user_not_active' });
  });

  it("is not reached by another connector's identity provider, which may say any address", async () => {
    expect(await outcomeOf({ nameId: 'alice@example.com' }, 'other')).toHaveProperty('code');
  });

  it('who was made anew under an old address does not get the old subject', async () => {
    await outcomeOf(persistent('subject-1', 'alice@example.com'));
    await scene.owners.deleteUser(scene.alice.id);
    await scene.owners.addUser('alice@example.com', [scene.corp.id]);
    await scene.settled();
    expect(await outcomeOf(persistent('subject-2', 'alice@example.com'))).toEqual({ user: 'alice@example.com' });
    expect(await outcomeOf(persistent('subject-1', 'alice@example.com'))).toEqual({ code: 'subject_mismatch' });
  });
});

describe('two subjects that claim one user at the same moment', () => {
  it('end in one binding and one session', async () => {
    const browsers = [scene.browser(), scene.browser()];
    const logins = await Promise.all(browsers.map((browser) => browser.start('corp')));
    const answers = await Promise.all(
      browsers.map((browser, at) => {
        const login = logins[at] as (typeof logins)[number];
        return browser.answer(
          scene.response(login, persistent(`subject-${at}`, 'alice@example.com')),
          login.relayState,
        );
      }),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 403]);
  });
});

describe('a change that denies', () => {
  it('catches a login that was completed between its mark and its end of sessions', async () => {
    await scene.close();
    let beforeStep: (() => Promise<void>) | undefined;
    scene = await createScene({
      loginState: (real) => ({
        ...real,
        completeLogin: async (step) => {
          await beforeStep?.();
          return await real.completeLogin(step);
        },
      }),
    });
    beforeStep = async () => {
      await scene.loginState.putDenyMarks(
        [{ subject: `user/${scene.alice.id}`, version: 99 }],
        scene.clock.now() + 60_000,
      );
    };
    expect(await outcomeOf({ nameId: 'alice@example.com' })).toEqual({ code: undefined });
    const { items } = await scene.loginState.listSessions({ kind: 'user', limit: 10 });
    expect(items).toEqual([]);
  });
});

describe('a store that does not answer', () => {
  it('means no: 503, and no session', async () => {
    await scene.close();
    const down = (): never => {
      throw new LoginStateError('state_unavailable', 'down');
    };
    let isDown = false;
    scene = await createScene({
      loginState: (real) => ({
        ...real,
        readAttempt: async (handle) => (isDown ? down() : await real.readAttempt(handle)),
        putAttempt: async (attempt: LoginAttempt) => (isDown ? down() : await real.putAttempt(attempt)),
      }),
    });
    const browser = scene.browser();
    const login = await browser.start('corp');
    isDown = true;
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(503);
    expect((await browser.send('/api/sso/login/corp')).statusCode).toBe(503);
  });
});
