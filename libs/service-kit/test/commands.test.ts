import { type AggregateStore, AggregateStoreError } from '@gatehouse/aggregate-store';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { createIds, ProblemError } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { encodeConnectorState } from '@gatehouse/event-log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AggregateDefinition, type CommandRunner, createCommandRunner } from '../src/index.ts';

/** The smallest aggregate that uses everything: an API key that can be renamed, twice at once if asked. */
interface Key {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}
type Command = { readonly type: 'rename'; readonly names: readonly string[] } | { readonly type: 'end' };
type Change = { readonly type: 'api-key.created'; readonly name: string } | { readonly type: 'api-key.deleted' };

const definition: AggregateDefinition<Key, Command, Change> = {
  source: '/gatehouse/auth-gateway',
  decide(command, state) {
    if (command.type === 'end') {
      if (state === undefined) throw new ProblemError('api_key_not_found');
      return [{ type: 'api-key.deleted' }];
    }
    return command.names.filter((name) => name !== state?.name).map((name) => ({ type: 'api-key.created', name }));
  },
  evolve: (_state, change, { id, version }) =>
    change.type === 'api-key.deleted' ? undefined : { id, name: change.name, version },
  publish(change, after, before) {
    if (change.type === 'api-key.deleted') {
      return { type: change.type, data: { apiKeyId: before?.id ?? '', name: before?.name ?? '' } };
    }
    const { id = '', name = '' } = after ?? {};
    return {
      type: change.type,
      data: { apiKey: { id, name, rights: ['read'], createdAt: '2026-11-23T00:00:00.000Z' } },
    };
  },
  unique: ({ name }) => ({ name: [name] }),
  listing: ({ name }) => ({ sort: name, text: name, filters: {} }),
  taken: { name: 'administrator_taken' },
  stateRecords: ({ id, version, at, state }) =>
    state === undefined
      ? [{ record: encodeConnectorState(id, { deleted: true, version, deletedAt: new Date(at).toISOString() }) }]
      : [],
};

describe('createCommandRunner', () => {
  const clock = createTestClock();
  const ids = createIds(clock);
  const actor = 'administrator/adm_1';
  let host: ReturnType<typeof sqliteStoreHost>;
  let store: AggregateStore<Key>;
  let run: CommandRunner<Key, Command>;
  beforeEach(() => {
    host = sqliteStoreHost({ path: ':memory:', clock });
    store = host.aggregates<Key>('api-key');
    run = createCommandRunner(definition, { store, clock, ids });
  });
  afterEach(() => host.close());

  const rename = (id: string, ...names: readonly string[]) =>
    run.execute({ id, command: { type: 'rename', names }, actor });

  it('counts one version per fact and saves state and facts together', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const request = { id: 'key_1', command: { type: 'rename', names: ['one', 'two'] }, actor, traceparent } as const;
    expect(await run.execute(request)).toEqual({
      version: 2,
      state: { id: 'key_1', name: 'two', version: 2 },
      changed: true,
    });
    const waiting = (await store.outbox.pending(10)).map(({ record }) => record);
    expect(
      waiting.map(({ headers }) => [headers.ce_type, headers.ce_sequence, headers.ce_actor, headers.ce_traceparent]),
    ).toEqual([
      ['api-key.created', '1', actor, traceparent],
      ['api-key.created', '2', actor, traceparent],
    ]);
    expect(new Set(waiting.map(({ headers }) => headers.ce_id)).size).toBe(2);
    expect(waiting[0]).toMatchObject({ key: 'key_1', headers: { ce_time: '2026-11-23T00:00:00.000Z' } });
  });

  it('saves nothing when there is nothing to change', async () => {
    await rename('key_1', 'one');
    expect(await rename('key_1', 'one')).toMatchObject({ version: 1, changed: false });
    expect(await store.outbox.depth()).toBe(1);
  });

  it('tells the state topic of the end, with the version of the last fact', async () => {
    await rename('key_1', 'one');
    expect(await run.execute({ id: 'key_1', command: { type: 'end' }, actor })).toEqual({
      version: 2,
      state: undefined,
      changed: true,
    });
    expect(await store.load('key_1')).toBeUndefined();
    const last = (await store.outbox.pending(10)).at(-1)?.record;
    expect(JSON.parse(last?.value ?? '')).toMatchObject({ deleted: true, version: 2 });
  });

  it('says what is taken', async () => {
    await rename('key_1', 'one');
    await expect(rename('key_2', 'one')).rejects.toMatchObject({ code: 'administrator_taken', status: 409 });
  });

  it('refuses an old If-Match before it decides', async () => {
    await rename('key_1', 'one', 'two');
    const command = { type: 'end' } as const;
    await expect(run.execute({ id: 'key_1', command, actor, ifMatch: [1] })).rejects.toMatchObject({
      code: 'version_conflict',
    });
    expect(await run.execute({ id: 'key_1', command, actor, ifMatch: [1, 2] })).toMatchObject({ version: 3 });
  });

  let rivalNames = 0;
  /** A store in which a rival saves first, the given number of times. */
  const withRivals = (rivals: number): AggregateStore<Key> => ({
    ...store,
    async save(change) {
      if (rivals > 0) {
        rivals--;
        rivalNames++;
        await rename(change.id, `rival-${rivalNames}`);
      }
      await store.save(change);
    },
  });

  it('decides anew on what rivals left', async () => {
    await rename('key_1', 'one');
    const late = createCommandRunner(definition, { store: withRivals(4), clock, ids });
    const result = await late.execute({ id: 'key_1', command: { type: 'rename', names: ['mine'] }, actor });
    expect(result).toMatchObject({ version: 6, state: { name: 'mine' } });
  });

  it('gives up after five tries, and at once when the caller named a version', async () => {
    await rename('key_1', 'one');
    const command = { type: 'rename', names: ['mine'] } as const;
    const unlucky = createCommandRunner(definition, { store: withRivals(5), clock, ids });
    await expect(unlucky.execute({ id: 'key_1', command, actor })).rejects.toBeInstanceOf(AggregateStoreError);
    const { version = 0 } = (await store.load('key_1')) ?? {};
    const stale = createCommandRunner(definition, { store: withRivals(1), clock, ids });
    await expect(stale.execute({ id: 'key_1', command, actor, ifMatch: [version] })).rejects.toMatchObject({
      code: 'version_conflict',
      status: 412,
    });
  });
});
