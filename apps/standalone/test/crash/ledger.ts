import { isDeepStrictEqual } from 'node:util';
import type { AdministrationAnswer } from '@gatehouse/test-servers';
import type { Commander } from './caller.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One thing that an answer has told of: what it must be like for ever after, until another answer says otherwise. */
export interface Entry<Shape> {
  readonly id: string;
  /** undefined when it was deleted. */
  shape: Shape | undefined;
  /** The newest version that an answer told of. */
  version: number;
  /** A command was cut off: the next read decides. */
  uncertain: boolean;
}

export interface Reading<Shape> {
  /** undefined when it is not there. */
  readonly shape: Shape | undefined;
  /** undefined when the answer names none. */
  readonly version: number | undefined;
}

export interface LedgerOptions<Shape> {
  readonly caller: Commander;
  readonly choose: SeededRandom;
  /** What the product says of it; undefined when it was cut off. */
  readonly read: (id: string) => Promise<Reading<Shape> | undefined>;
  /** What of a shape is held against another; all of it unless given. */
  readonly essence?: (shape: Shape) => unknown;
}

/** What one worker was told of the things of one kind, which nobody else changes. */
export interface Ledger<Shape> {
  readonly entries: readonly Entry<Shape>[];
  add(id: string, shape: Shape): void;
  /** One that is there; undefined when there is none, or when that cannot be told just now. */
  pick(): Promise<(Entry<Shape> & { shape: Shape }) | undefined>;
  /** Sends a command; `after` is the shape that a 2xx promises, undefined for a deletion. */
  change(
    entry: Entry<Shape>,
    send: () => Promise<AdministrationAnswer | undefined>,
    after: Shape | undefined,
  ): Promise<void>;
  /** Holds what the product says against what it said before. */
  settleAll(): Promise<void>;
}

export const createLedger = <Shape>(options: LedgerOptions<Shape>): Ledger<Shape> => {
  const { caller, choose, read, essence = (shape) => shape } = options;
  const entries: Entry<Shape>[] = [];
  const essenceOf = (shape: Shape | undefined): unknown => (shape === undefined ? undefined : essence(shape));

  const settle = async (entry: Entry<Shape>): Promise<void> => {
    const seen = await read(entry.id);
    if (seen === undefined) return;
    const isSame = isDeepStrictEqual(essenceOf(seen.shape), essenceOf(entry.shape));
    const isOlder = seen.version !== undefined && seen.version < entry.version;
    if (isOlder || !(isSame || entry.uncertain))
      caller.fault(`lost: ${entry.id} was ${JSON.stringify(entry)}, is ${JSON.stringify(seen)}`);
    Object.assign(entry, { shape: seen.shape, version: seen.version ?? entry.version, uncertain: false });
  };

  return {
    entries,
    add(id, shape) {
      entries.push({ id, shape, version: 1, uncertain: false });
    },
    async pick() {
      const candidates = entries.filter(({ shape }) => shape !== undefined);
      if (candidates.length === 0) return undefined;
      const entry = choose.pick(candidates);
      if (entry.uncertain) await settle(entry);
      const { shape } = entry;
      return entry.uncertain || shape === undefined ? undefined : Object.assign(entry, { shape });
    },
    async change(entry, send, after) {
      const answer = await send();
      if (answer === undefined) {
        entry.uncertain = true;
        return;
      }
      // Refused: nothing has happened, and what is there tells which version to go on from.
      if (answer.status >= 300) return await settle(entry);
      const version = Number(answer.headers.get('gatehouse-version') ?? entry.version + 1);
      Object.assign(entry, { shape: after, version });
    },
    async settleAll() {
      for (const entry of entries) await settle(entry);
    },
  };
};
