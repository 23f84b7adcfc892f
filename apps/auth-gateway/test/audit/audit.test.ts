import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { type AnyFact, type AuditEntry, createIds, isoTime, type User } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditView, createAuditConsumer } from '../../src/audit/consumer.ts';
import { auditEntryOf } from '../../src/audit/entry.ts';
import { createAuditRetention } from '../../src/audit/retention.ts';
import { asAdmin, createScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let sequence = 0;
beforeEach(async () => {
  scene = await createScene();
  sequence = 0;
});
afterEach(() => scene.close());

const envelope = (user: User) => {
  scene.clock.advance(1);
  sequence++;
  const source = '/gatehouse/user-directory';
  const id = createIds(scene.clock).id('event');
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  return {
    id,
    source,
    subject: user.id,
    time: isoTime(scene.clock.now()),
    sequence,
    actor: 'administrator/adm_1',
    traceparent,
  };
};
const created = (user: User): AnyFact => ({ ...envelope(user), type: 'user.created', data: { user } });
const renamed = (user: User, username: string): AnyFact => ({
  ...envelope(user),
  type: 'user.updated',
  data: { user: { ...user, username }, changed: [{ path: '/username', before: user.username, after: username }] },
});
const deleted = (user: User): AnyFact => ({ ...envelope(user), type: 'user.deleted', data: { userId: user.id } });

const audit = async (query = ''): Promise<{ readonly items: readonly AuditEntry[]; readonly nextCursor?: string }> => {
  await scene.settled();
  const answer = await scene.app.inject({ url: `/api/audit${query}`, headers: asAdmin });
  expect(answer.statusCode).toBe(200);
  return answer.json();
};

describe('the audit', () => {
  it('shows who did what, newest first, with before and after', async () => {
    await scene.publish(created(scene.alice), renamed(scene.alice, 'alicia@example.com'));
    const { items } = await audit(`?subject=${scene.alice.id}`);
    expect(items.map(({ type }) => type)).toEqual(['user.updated', 'user.created']);
    expect(items[0]).toMatchObject({
      actor: 'administrator/adm_1',
      traceId: 'a'.repeat(32),
      changed: [{ path: '/username', before: 'alice@example.com', after: 'alicia@example.com' }],
    });
  });

  it('finds a refused sign-in by its reference, with its reason', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const refused = await browser.answer(scene.response(login, { nameId: 'nobody@example.com' }), login.relayState);
    const reference = /SSO-\w{8}/.exec(refused.body)?.[0] ?? '';
    const { items } = await audit(`?subject=${reference}`);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      type: 'login.failed',
      data: { code: 'user_unknown', connectorId: scene.corp.id },
    });
    expect(items[0]?.data.detail).toContain('nobody@example.com');
    // The connector by the name that it has now; the system that recorded it is nobody to look for.
    expect(items[0]?.names).toEqual({ [scene.corp.id]: scene.corp.reference });
    expect(items[0]?.subjects).not.toContain('auth-gateway');
  });

  it('is told of sign-ins, by user and by type, page by page', async () => {
    for (let i = 0; i < 3; i++) {
      await scene.signIn(scene.browser());
      scene.clock.advance(1_000);
    }
    const first = await audit('?type=login.succeeded&limit=2');
    const second = await audit(`?type=login.succeeded&limit=2&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
    const times = [...first.items, ...second.items].map(({ time }) => time);
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort().reverse());
    expect((await audit(`?subject=${scene.alice.id}&type=login.succeeded`)).items).toHaveLength(3);
    expect((await audit(`?subject=${scene.bob.id}`)).items).toEqual([]);
  });

  it('refuses a cursor of another making', async () => {
    const answer = await scene.app.inject({ url: '/api/audit?cursor=made-up', headers: asAdmin });
    expect(answer.json()).toMatchObject({ code: 'invalid_cursor' });
  });

  it('holds an entry once, however often its fact comes', async () => {
    const fact = created(scene.alice);
    await scene.publish(fact, fact);
    await scene.publish(fact);
    expect((await audit(`?subject=${scene.alice.id}`)).items).toHaveLength(1);
  });
});

describe('a user who is deleted', () => {
  it('has a pseudonym in every entry about him, and a replay does not bring his name back', async () => {
    const browser = scene.browser();
    const login = await browser.start('other');
    // Refused, so that his address stands in a detail.
    await browser.answer(scene.response(login, { flaw: 'unsigned' }), login.relayState);
    const early = [created(scene.alice), renamed(scene.alice, 'alicia@example.com')];
    await scene.publish(created(scene.bob), ...early);
    const unlinked = await browser.start('corp');
    await scene.owners.changeUser(scene.alice.id, ({ user }) => ({ user, links: [] }));
    await scene.settled();
    await browser.answer(scene.response(unlinked), unlinked.relayState);
    expect(JSON.stringify(await audit())).toContain('alice@example.com');

    await scene.owners.deleteUser(scene.alice.id);
    await scene.publish(deleted(scene.alice));
    await scene.publish(...early);
    const all = JSON.stringify(await audit());
    for (const name of ['alice@example.com', 'alicia@example.com', scene.alice.displayName])
      expect(all).not.toContain(name);
    expect(all).toContain('bob@example.com');
    const pseudonym = `deleted-user-${scene.alice.id.slice(-8)}`;
    expect((await audit(`?subject=${scene.alice.id}`)).items.map(({ type }) => type)).toEqual([
      'user.deleted',
      'user.updated',
      'user.created',
    ]);
    expect((await audit(`?subject=${pseudonym}`)).items.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['user.created', 'user.updated', 'login.failed']),
    );
  });

  it('has one also when he was made and deleted within one batch', async () => {
    const clock = createTestClock();
    const host = sqliteStoreHost({ path: ':memory:', clock });
    const messages = [created(scene.alice), deleted(scene.alice)].map((fact, offset) => ({
      kind: 'fact' as const,
      topic: 'gatehouse.user.events',
      partition: 0,
      offset,
      key: fact.subject,
      fact,
    }));
    const consumer = createAuditConsumer(host.views);
    await consumer.apply({ topic: 'gatehouse.user.events', partition: 0, messages, next: 2 });
    const { items } = await host.views.view(auditView).list({ limit: 10, order: 'ascending' });
    expect(items).toHaveLength(2);
    expect(JSON.stringify(items)).not.toContain('alice@example.com');
    expect(await consumer.positions()).toEqual({ 'gatehouse.user.events': { 0: 2 } });
    await host.close();
  });
});

describe('retention', () => {
  it('forgets entries that are older than their days', async () => {
    const clock = createTestClock();
    const host = sqliteStoreHost({ path: ':memory:', clock });
    const view = host.views.view<{ readonly entry: AuditEntry; readonly persons: readonly string[] }>(auditView);
    const fact = created(scene.alice);
    const consumer = createAuditConsumer(host.views);
    const topic = 'gatehouse.user.events';
    await consumer.apply({
      topic,
      partition: 0,
      messages: [{ kind: 'fact', topic, partition: 0, offset: 0, key: fact.subject, fact }],
      next: 1,
    });
    const retention = createAuditRetention({ view, days: 400, clock, logger: { warn: () => {} } });
    await retention.run();
    expect((await view.list({ limit: 10, order: 'ascending' })).items).toHaveLength(1);
    clock.advance(401 * 86_400_000);
    await retention.run();
    expect((await view.list({ limit: 10, order: 'ascending' })).items).toEqual([]);
    await retention.close();
    await host.close();
  });
});

describe('an entry', () => {
  it('names whom and what it is about, the actor too', () => {
    const { entry, persons } = auditEntryOf(created(scene.alice));
    expect(entry.subjects).toEqual(expect.arrayContaining([scene.alice.id, 'alice@example.com', 'adm_1']));
    expect(persons).toEqual([scene.alice.id]);
  });
});
