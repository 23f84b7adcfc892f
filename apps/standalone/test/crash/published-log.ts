import { join } from 'node:path';
import {
  type AnyFact,
  aggregates,
  connectorStateTopic,
  factsTopic,
  systemClock,
  userStateTopic,
} from '@gatehouse/contracts';
import { decodeRecord } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';

export interface PublishedLog {
  /** In the order of each topic, repeated ones as often as they are there. */
  readonly facts: readonly AnyFact[];
  /** Of the last record of each key of the state topics; undefined for a tombstone. */
  readonly stateVersions: ReadonlyMap<string, number | undefined>;
}

/** Reads the log of a product that has stopped. */
export const readLog = async (dataDir: string): Promise<PublishedLog> => {
  const log = sqliteEventLog({ path: join(dataDir, 'event-log.db'), clock: systemClock });
  const facts: AnyFact[] = [];
  const stateVersions = new Map<string, number | undefined>();
  const subscription = await log.subscribe({
    group: 'crash-run',
    topics: [...aggregates.map(factsTopic), connectorStateTopic, userStateTopic],
    positions: async () => ({}),
    async handle({ records }) {
      for (const record of records) {
        const message = decodeRecord(record);
        if (message.kind === 'fact') facts.push(message.fact);
        else if (message.kind === 'connector-state' || message.kind === 'user-state')
          stateVersions.set(record.key, message.record?.version);
        else throw new Error(`unreadable at ${record.topic} ${record.offset}`);
      }
    },
  });
  await subscription.caughtUp(30_000);
  await subscription.close();
  await log.close();
  return { facts, stateVersions };
};

/** Gaps, disorder, two facts of one sequence, attempts that succeeded twice. */
export const faultsOfOrder = (facts: readonly AnyFact[]): readonly string[] => {
  const faults: string[] = [];
  const seen = new Map<string, { sequence: number; ids: Map<number, string> }>();
  const succeeded = new Map<string, number>();
  for (const { id, subject, sequence, type } of facts) {
    const known = seen.get(subject) ?? { sequence: 0, ids: new Map<number, string>() };
    seen.set(subject, known);
    const earlier = known.ids.get(sequence);
    if (earlier === id) continue;
    if (earlier !== undefined) faults.push(`${subject}: two facts of sequence ${sequence}`);
    if (sequence !== known.sequence + 1) faults.push(`${subject}: ${type} ${sequence} follows ${known.sequence}`);
    known.ids.set(sequence, id);
    known.sequence = sequence;
    if (type === 'login.succeeded') succeeded.set(subject, (succeeded.get(subject) ?? 0) + 1);
  }
  for (const [attempt, times] of succeeded) if (times > 1) faults.push(`${attempt} succeeded ${times} times`);
  return faults;
};

const aggregatesWithState = ['connector', 'user'];
const listedAggregates = [...aggregatesWithState, 'administrator', 'api-key'];

/**
 * What the API listed against what the log tells: everything listed was created in the log and ends at the version listed,
 * everything else ends in a deletion, the state topics end where the facts do, and links to deleted connectors are gone.
 * @param listed versions by id; undefined for kinds without one
 */
export const faultsOfState = (
  log: PublishedLog,
  listed: ReadonlyMap<string, number | undefined>,
): readonly string[] => {
  const faults: string[] = [];
  const last = new Map<string, AnyFact>();
  const deletedConnectors = new Set<string>();
  const links = new Set<string>();
  for (const fact of log.facts) {
    last.set(fact.subject, fact);
    if (fact.type === 'connector.deleted') deletedConnectors.add(fact.subject);
    else if (fact.type === 'user.linked') links.add(`${fact.subject} ${fact.data.connectorId}`);
    else if (fact.type === 'user.unlinked') links.delete(`${fact.subject} ${fact.data.connectorId}`);
  }
  for (const [id, version] of listed) {
    const sequence = last.get(id)?.sequence;
    if (sequence === undefined) faults.push(`${id} is listed, and no fact tells of it`);
    else if (version !== undefined && version !== sequence)
      faults.push(`${id} is listed as version ${version}, its facts end at ${sequence}`);
  }
  for (const [id, { type, sequence }] of last) {
    const aggregate = type.slice(0, type.indexOf('.'));
    const isDeleted = type === `${aggregate}.deleted`;
    if (listedAggregates.includes(aggregate) && isDeleted === listed.has(id))
      faults.push(`${id} is ${isDeleted ? 'listed after' : 'not listed, and no fact tells of'} its deletion`);
    if (aggregatesWithState.includes(aggregate) && log.stateVersions.get(id) !== sequence)
      faults.push(`${id}: the state topic ends at ${log.stateVersions.get(id)}, the facts at ${sequence}`);
  }
  for (const link of links) {
    const [userId = '', connectorId = ''] = link.split(' ');
    const isStray = deletedConnectors.has(connectorId) && last.get(userId)?.type !== 'user.deleted';
    if (isStray) faults.push(`${userId} is still linked to ${connectorId}, which was deleted`);
  }
  return faults;
};
