import {
  type Connector,
  connectorStateTopic,
  createIds,
  isoTime,
  nameIdFormats,
  type UserLink,
} from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import type { LogIdentity, Message, MessageBatch } from '@gatehouse/event-log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBoundedCache } from '../../src/projection/bounded-cache.ts';
import { createProjectionConsumer } from '../../src/projection/consumer.ts';
import { createFreshness } from '../../src/projection/freshness.ts';
import { openProjection, type Projection } from '../../src/projection/projection.ts';
import { createReadiness } from '../../src/projection/readiness.ts';

const clock = createTestClock();
const ids = createIds(clock);
const connectorId = ids.id('connector');
const userId = ids.id('user');
const time = isoTime(clock.now());
let projection: Projection;
beforeEach(() => {
  projection = openProjection(':memory:', clock);
});
afterEach(() => projection.close());

let offset = 0;
const apply = (message: Pick<Message, 'kind' | 'key'> & { readonly record: unknown }): void => {
  const topic = message.kind === 'user-state' ? 'gatehouse.user.state' : 'gatehouse.connector.state';
  offset++;
  const placed = { ...message, topic, partition: 0, offset } as Message;
  projection.apply({ topic, partition: 0, messages: [placed], next: offset + 1 } satisfies MessageBatch);
};

const connector = (version: number, change: Partial<Connector> = {}, id = connectorId): void => {
  const saml = {
    issuerUrl: 'i',
    endpoint: 'e',
    nameIdFormat: nameIdFormats.persistent,
    certificates: [],
    requireSignature: 'either',
    expiredCertificate: 'warn',
    certificateDetails: [],
  } as const;
  const value = {
    id,
    name: 'n',
    reference: 'Corp',
    type: 'SAML_V2',
    enabled: true,
    version,
    loginAddress: '',
    createdAt: time,
    updatedAt: time,
  };
  apply({ kind: 'connector-state', key: id, record: { version, connector: { ...value, saml, ...change } } });
};
const user = (version: number, links: readonly Partial<UserLink>[], status = 'active', id = userId): void => {
  const value = { id, username: 'a@b.example', displayName: '', status, version, createdAt: time, updatedAt: time };
  const full = links.map((link) => ({ connectorId, linkedAt: time, ...link }));
  apply({ kind: 'user-state', key: id, record: { version, user: value, links: full } });
};
const removed = (kind: 'connector-state' | 'user-state', key: string, version: number): void =>
  apply({ kind, key, record: { deleted: true, version, deletedAt: time } });
const digest = (letter: string) => letter.repeat(43);
const endings = () => projection.endings(10).map(({ number: _, ...ending }) => ending);

describe('the projection', () => {
  it('keeps the greater version, whatever comes again', () => {
    connector(2, { enabled: false });
    connector(1);
    expect(projection.connector(connectorId)).toMatchObject({ version: 2, connector: { enabled: false } });
  });

  it('finds connectors by reference without case, users by name and by subject', () => {
    connector(1);
    user(1, [{ subjectDigest: digest('a') }]);
    expect(projection.connectorByReference('cORP')?.id).toBe(connectorId);
    expect(projection.userByUsername('a@b.example')?.id).toBe(userId);
    expect(projection.usersBySubject(connectorId, digest('a')).map(({ id }) => id)).toEqual([userId]);
    expect(projection.linkedUsers(connectorId)).toBe(1);
    user(2, []);
    expect(projection.usersBySubject(connectorId, digest('a'))).toEqual([]);
    expect(projection.linkedUsers(connectorId)).toBe(0);
  });

  it('does not find what is deleted, but knows its version until the tombstone', () => {
    connector(1);
    removed('connector-state', connectorId, 2);
    expect(projection.connectorByReference('corp')).toBeUndefined();
    expect(projection.version(connectorId)).toBe(2);
    apply({ kind: 'connector-state', key: connectorId, record: undefined });
    expect(projection.version(connectorId)).toBe(0);
  });

  it('shows a changed row at once, although it caches rows', () => {
    connector(1);
    expect(projection.connector(connectorId)?.version).toBe(1);
    connector(2);
    expect(projection.connector(connectorId)?.version).toBe(2);
  });

  it('lets the later holder have a reference while events overtake each other', () => {
    const other = ids.id('connector');
    connector(1);
    connector(1, { id: other, updatedAt: isoTime(clock.now() + 1) }, other);
    expect(projection.connectorByReference('corp')?.id).toBe(other);
  });

  it('wakes who waits for a version, and gives up in time', async () => {
    const waiting = projection.waitFor(connectorId, 2, 5_000);
    connector(1);
    connector(2);
    await expect(waiting).resolves.toBe(true);
    await expect(projection.waitFor(connectorId, 2, 0)).resolves.toBe(true);
    await expect(projection.waitFor(connectorId, 3, 10)).resolves.toBe(false);
  });

  it('lets go of who waits when it closes', async () => {
    const waiting = projection.waitFor(connectorId, 9, 60_000);
    projection.close();
    await expect(waiting).resolves.toBe(false);
  });
});

describe('what puts an end to sessions', () => {
  it.each([
    [
      'a user is suspended',
      () => user(2, [{}], 'suspended'),
      [{ userId, connectorId: undefined, reason: 'user_suspended' }],
    ],
    [
      'a user is deleted',
      () => removed('user-state', userId, 2),
      [{ userId, connectorId: undefined, reason: 'user_deleted' }],
    ],
    ['a link goes', () => user(2, []), [{ userId, connectorId, reason: 'user_unlinked' }]],
    ['a subject is freed', () => user(2, [{}]), [{ userId, connectorId, reason: 'subject_freed' }]],
    [
      'a subject is another',
      () => user(2, [{ subjectDigest: digest('b') }]),
      [{ userId, connectorId, reason: 'subject_freed' }],
    ],
    [
      'a connector is disabled',
      () => connector(2, { enabled: false }),
      [{ userId: undefined, connectorId, reason: 'connector_disabled' }],
    ],
    [
      'a connector is deleted',
      () => removed('connector-state', connectorId, 2),
      [{ userId: undefined, connectorId, reason: 'connector_deleted' }],
    ],
    ['nothing that matters changes', () => user(2, [{ subjectDigest: digest('a') }]), []],
  ])('%s', (_name, change, expected) => {
    connector(1);
    user(1, [{ subjectDigest: digest('a') }]);
    expect(endings()).toEqual([]);
    change();
    expect(endings()).toEqual(expected);
    for (const { number } of projection.endings(10)) projection.ended(number);
    expect(endings()).toEqual([]);
  });

  it('is not the first binding of a subject', () => {
    user(1, [{}]);
    user(2, [{ subjectDigest: digest('a') }]);
    expect(endings()).toEqual([]);
  });
});

describe('the feed of the projection', () => {
  const consumerOf = (logId: string) => {
    const identity = async () => ({ logId, topicIds: {} });
    return createProjectionConsumer({ projection, log: { identity } as never, clock, instance: 'test' });
  };

  it('goes on where it was with the same log, and begins anew with another', async () => {
    const first = consumerOf('log-1');
    await first.positions();
    connector(1);
    expect(await consumerOf('log-1').positions()).not.toEqual({});
    expect(await consumerOf('log-2').positions()).toEqual({});
    expect(projection.connector(connectorId)).toBeUndefined();
  });

  it('begins anew after so long without the log that tombstones may be gone, however long it runs', async () => {
    const running = consumerOf('log-1');
    await running.positions();
    connector(1);
    clock.advance(3 * 86_400_000);
    await createFreshness({ projection, clock, caughtUp: async () => {} }).run();
    clock.advance(3 * 86_400_000);
    expect(await running.positions()).not.toEqual({});
    await createFreshness({ projection, clock, caughtUp: () => Promise.reject(new Error('behind')) }).run();
    clock.advance(86_400_000);
    expect(await running.positions()).toEqual({});
    expect(projection.connector(connectorId)).toBeUndefined();
  });

  it('does not take old records that come late for news', async () => {
    const running = consumerOf('log-1');
    await running.positions();
    connector(1);
    clock.advance(3 * 86_400_000);
    connector(2);
    clock.advance(86_400_000);
    expect(await running.positions()).toEqual({});
  });

  it('lets nobody in by what it knows of a key that is parked, until a record tells of it anew', async () => {
    const other = ids.id('user');
    connector(1);
    user(1, [{}]);
    user(1, [{}], 'active', other);
    expect(projection.user(userId)?.user?.status).toBe('active');
    await consumerOf('log-1').onParked?.([userId]);
    expect(projection.user(userId)).toBeUndefined();
    expect(projection.userByUsername('a@b.example')?.id).toBe(other);
    expect(projection.version(userId)).toBe(0);
    user(2, [{}]);
    expect(projection.user(userId)?.user?.status).toBe('active');
    await consumerOf('log-1').onParked?.([connectorId]);
    expect(projection.connectorByReference('corp')).toBeUndefined();
  });

  it('begins anew when the log has deleted what comes next', async () => {
    const feed = consumerOf('log-1');
    await feed.positions();
    connector(1);
    await feed.onGap?.({ topic: connectorStateTopic, partition: 0, position: 1 });
    expect(await feed.positions()).toEqual({});
    expect(projection.connector(connectorId)).toBeUndefined();
  });
});

describe('readiness', () => {
  const away = () => Promise.reject(new Error('log out of reach'));
  const there = async () => ({ logId: 'log-1', topicIds: {} });
  const readiness = (caughtUp: () => Promise<void>, identity: () => Promise<LogIdentity> = away) =>
    createReadiness({ projection, log: { identity }, clock, maxStalenessMs: 86_400_000, caughtUp });

  it('waits for an empty view to catch up', async () => {
    await expect(readiness(away).check()).rejects.toMatchObject({ code: 'projection_behind' });
  });

  it('starts warm without the log, unless it is too old', async () => {
    projection.adopt(await there());
    connector(1);
    await readiness(async () => {}).check();
    await expect(readiness(away).check()).resolves.toBeUndefined();
    clock.advance(86_400_000);
    await expect(readiness(away).check()).rejects.toMatchObject({ code: 'projection_behind' });
  });

  it('takes no view for warm that never had everything: what it has of a user may be from before a suspension', async () => {
    projection.adopt(await there());
    user(1, [{}]);
    await expect(readiness(away).check()).rejects.toMatchObject({ code: 'projection_behind' });
  });

  it('waits for a warm view to catch up with a log that answers', async () => {
    projection.adopt(await there());
    connector(1);
    projection.confirm(clock.now());
    await expect(readiness(away, there).check()).rejects.toMatchObject({ code: 'projection_behind' });
  });

  it('stays ready between the return of the log and catching up: all gateways are there at the same time', async () => {
    projection.adopt(await there());
    connector(1);
    projection.confirm(clock.now());
    let identity = away as () => Promise<LogIdentity>;
    const check = readiness(away, () => identity());
    await check.check();
    identity = there;
    await expect(check.check()).resolves.toBeUndefined();
    projection.clear();
    await expect(check.check()).rejects.toMatchObject({ code: 'projection_behind' });
  });

  it('is a latch, until the view is thrown away', async () => {
    let isUp = true;
    const check = readiness(() => (isUp ? Promise.resolve() : away()));
    await check.check();
    isUp = false;
    await expect(check.check()).resolves.toBeUndefined();
    projection.clear();
    await expect(check.check()).rejects.toMatchObject({ code: 'projection_behind' });
    isUp = true;
    await expect(check.check()).resolves.toBeUndefined();
  });
});

describe('a bounded cache', () => {
  it('forgets what was not asked for lately, and never holds more than it may', () => {
    const cache = createBoundedCache<number, object>(10);
    for (let key = 0; key < 100; key++) {
      cache.set(key, {});
      expect(cache.get(0)).toBeDefined();
    }
    const held = Array.from({ length: 100 }, (_, key) => cache.get(key)).filter((found) => found !== undefined);
    expect(held.length).toBeLessThanOrEqual(10);
    cache.delete(0);
    expect(cache.get(0)).toBeUndefined();
  });
});
