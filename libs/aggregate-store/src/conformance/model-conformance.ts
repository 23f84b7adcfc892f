import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AggregateStoreError, type StoreHost } from '../aggregate-store.ts';
import { change, type Sample, type StoreHostAdapter } from './store-host-adapter.ts';

/** What the store must hold after the same commands, by the plainest means. */
interface Model {
  readonly aggregates: Map<string, { version: number; name: string; key: string; type: string }>;
  readonly sent: Map<string, string[]>;
}

type Command =
  | {
      readonly kind: 'save';
      readonly id: string;
      readonly name: string;
      readonly key: string;
      readonly type: string;
      readonly stale: boolean;
    }
  | { readonly kind: 'delete'; readonly id: string; readonly stale: boolean }
  | { readonly kind: 'send'; readonly count: number }
  | { readonly kind: 'restart'; readonly how: 'close' | 'crash' };

const someId = fc.constantFrom('a', 'b', 'c', 'd');
const stale = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);

const commands = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('save' as const),
        id: someId,
        name: fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'B', 'é', '%', '_', '😀', '\uff5e') }),
        key: fc.constantFrom('k1', 'k2', 'k3'),
        type: fc.constantFrom('t1', 't2'),
        stale,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: someId, stale }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('restart' as const),
        how: fc.constantFrom('close' as const, 'crash' as const),
      }),
    },
  ),
  { minLength: 1, maxLength: 40 },
);

const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const expectedCode = (model: Model, command: Extract<Command, { readonly id: string }>): string => {
  if (command.stale) return 'version_conflict';
  if (command.kind === 'delete') return 'done';
  const holder = [...model.aggregates].find(([id, { key }]) => id !== command.id && key === command.key);
  return holder === undefined ? 'done' : 'unique_taken';
};

const compare = async (host: StoreHost, model: Model): Promise<void> => {
  const store = host.aggregates<Sample>('sample');
  const listed = [...model.aggregates].sort(
    ([idA, a], [idB, b]) => byCodePoints(a.name, b.name) || byCodePoints(idA, idB),
  );
  const expected = listed.map(([id, { version, name }]) => ({ id, version, state: { name } }));
  const seen: unknown[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await store.list({ limit: 3, cursor });
    seen.push(...page.items);
    cursor = page.nextCursor;
    more = cursor !== undefined;
  }
  expect(seen).toEqual(expected);
  for (const type of ['t1', 't2']) {
    const ofType = listed.filter(([, each]) => each.type === type).map(([id]) => id);
    expect((await store.list({ limit: 10, filters: { type } })).items.map(({ id }) => id)).toEqual(ofType);
    expect(await store.count({ type })).toBe(ofType.length);
  }
  for (const q of ['a', 'É', '%', '_']) {
    const matching = listed.filter(([, { name }]) => name.toLowerCase().includes(q.toLowerCase())).map(([id]) => id);
    expect((await store.list({ limit: 10, q })).items.map(({ id }) => id)).toEqual(matching);
  }
  for (const key of ['k1', 'k2', 'k3']) {
    const holder = listed.find(([, each]) => each.key === key)?.[0];
    expect((await store.findByUnique('key', key))?.id).toBe(holder);
  }
};

/** Random commands, stops and crashes: the store and a plain model tell the same. */
export const storeModelConformance = (name: string, makeAdapter: () => Promise<StoreHostAdapter>): void => {
  describe(`${name} against a model`, () => {
    it('holds what the model holds after any commands, and sends every record once and in order', async () => {
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          const adapter = await makeAdapter();
          let host = await adapter.open();
          const model: Model = { aggregates: new Map(), sent: new Map() };
          const arrived = new Map<string, string[]>();

          const send = async (count: number): Promise<number> => {
            const { outbox } = host.aggregates<Sample>('sample');
            const entries = await outbox.pending(count);
            for (const { aggregateId, record } of entries) {
              arrived.set(aggregateId, [...(arrived.get(aggregateId) ?? []), record.value ?? '']);
            }
            await outbox.markSent(entries.map(({ position }) => position));
            return entries.length;
          };

          const save = async (command: Extract<Command, { readonly id: string }>): Promise<void> => {
            const { id } = command;
            const current = model.aggregates.get(id);
            if (command.kind === 'delete' && current === undefined) return;
            const version = current?.version ?? 0;
            const expectedVersion = command.stale ? version + 1 : version;
            const wanted =
              command.kind === 'delete'
                ? change(id, undefined, { expectedVersion })
                : change(id, command.name, {
                    expectedVersion,
                    unique: { key: [command.key] },
                    filters: { type: command.type },
                  });
            const code = await host
              .aggregates<Sample>('sample')
              .save(wanted)
              .then(
                () => 'done',
                (error: unknown) => (error instanceof AggregateStoreError ? error.code : String(error)),
              );
            expect(code).toBe(expectedCode(model, command));
            if (code !== 'done') return;
            model.sent.set(id, [...(model.sent.get(id) ?? []), wanted.outbox[0]?.record.value ?? '']);
            if (command.kind === 'delete') model.aggregates.delete(id);
            else model.aggregates.set(id, { ...command, version: version + 1 });
          };

          for (const command of list) {
            if (command.kind === 'send') await send(command.count);
            else if (command.kind === 'restart') {
              await adapter.end(host, command.how);
              host = await adapter.open();
            } else await save(command);
          }
          await compare(host, model);
          while ((await send(100)) > 0);
          expect(arrived).toEqual(model.sent);
          await adapter.end(host, 'close');
          await adapter.dispose();
        }),
        { numRuns: 60 },
      );
    });
  });
};
