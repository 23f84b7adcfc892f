import type { Views, ViewWrite } from '@gatehouse/aggregate-store';
import { factsTopic } from '@gatehouse/contracts';
import type { Consumer } from '@gatehouse/event-log';

export interface LastLogin {
  /** ISO 8601. */
  readonly at: string;
}

export const lastLoginsView = 'last-logins';
export const lastLoginsConsumer = 'gatehouse-user-directory-last-logins';

export const lastLoginKey = (userId: string, connectorId: string): string => `${userId}:${connectorId}`;

type Write = ViewWrite<LastLogin> & { readonly view: string };

/**
 * Keeps when each link was last used. A side table: it changes with every login and matters little, so it is never part
 * of a user or his version, and is written once per batch.
 */
export const createLastLoginsConsumer = (views: Views): Consumer => ({
  name: lastLoginsConsumer,
  kind: 'projection',
  topics: [factsTopic('login')],
  positions: () => views.positions(lastLoginsConsumer),
  async apply({ topic, partition, messages, next }) {
    const latest = new Map<string, Write>();
    for (const message of messages) {
      if (message.kind !== 'fact' || message.fact.type !== 'login.succeeded') continue;
      const { time, data } = message.fact;
      const key = lastLoginKey(data.userId, data.connectorId);
      const revision = Date.parse(time);
      const known = latest.get(key)?.revision ?? 0;
      if (revision > known) latest.set(key, { view: lastLoginsView, key, row: { at: time }, revision });
    }
    await views.apply({
      writes: [...latest.values()],
      position: { consumer: lastLoginsConsumer, topic, partition, next },
    });
  },
});
