import type { Outbox } from '@gatehouse/event-log';
import type { Connection } from './connection.ts';
import { decodeFact } from './values.ts';

/** The stream of facts, seen from the relay's end; scripts append to it. */
export interface RedisOutbox extends Outbox {
  /** Tells those in this process who listen. */
  announce(): void;
}

type StreamEntry = readonly [position: string, fields: readonly string[]];

/**
 * Positions are stream ids, which Redis never gives twice for one key. The stream itself is never deleted, empty as it may be: with it
 * would go the last id.
 */
export const redisOutbox = (name: string, connection: Connection, facts: string): RedisOutbox => {
  const listeners = new Set<() => void>();
  return {
    name,
    announce() {
      for (const listener of listeners) listener();
    },
    async pending(limit) {
      const entries: readonly StreamEntry[] = await connection.run((redis) =>
        redis.xrange(facts, '-', '+', 'COUNT', limit),
      );
      return entries.map(([position, [, json = '{}']]) => {
        const record = decodeFact(json);
        return { position, aggregateId: record.key, record };
      });
    },
    async markSent(positions) {
      if (positions.length === 0) return;
      await connection.run((redis) => redis.xdel(facts, ...positions));
    },
    depth: () => connection.run((redis) => redis.xlen(facts)),
    onAppended(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
