import { decodeRecord } from './codec.ts';
import type { StoredRecord } from './event-log.ts';

/** Something that must not be on a topic. */
export interface LogFault {
  /**
   * `gap`: a sequence is missing between two that are there. `disorder`: a sequence came after a greater one for the first
   * time, or a version on a state topic after a greater one. `unreadable`: no message of ours.
   */
  readonly kind: 'gap' | 'disorder' | 'unreadable';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly detail: string;
}

export interface TopicReport {
  readonly topic: string;
  readonly records: number;
  readonly keys: number;
  /** Facts that came again, as they may: a relay sends at least once. */
  readonly repeats: number;
  /** Of types that this version does not know. */
  readonly unknown: number;
}

export interface LogReport {
  readonly topics: readonly TopicReport[];
  /** The first of them, in the order in which they were found. */
  readonly faults: readonly LogFault[];
  readonly faultCount: number;
}

const mostFaults = 100;

interface Tally {
  records: number;
  repeats: number;
  unknown: number;
  readonly last: Map<string, number>;
  readonly missing: Map<string, Map<number, LogFault>>;
}

/**
 * Proves order and completeness per aggregate: facts count by `sequence` without gaps from the first that is kept, and versions on
 * state topics never fall, so that the record that compaction keeps is the greatest. Memory grows with the number of keys.
 */
export const createLogVerification = () => {
  const tallies = new Map<string, Tally>();
  const faults: LogFault[] = [];
  let faultCount = 0;

  const report = (fault: LogFault): void => {
    faultCount += 1;
    if (faults.length < mostFaults) faults.push(fault);
  };

  const faultAt = (
    { topic, partition, offset, key }: StoredRecord,
    kind: LogFault['kind'],
    detail: string,
  ): LogFault => ({
    kind,
    topic,
    partition,
    offset,
    key,
    detail,
  });

  const seeFact = (tally: Tally, record: StoredRecord, sequence: number): void => {
    const { key } = record;
    const known = tally.last.get(key);
    if (known === undefined || sequence > known) {
      tally.last.set(key, sequence);
      const missing = tally.missing.get(key) ?? new Map<number, LogFault>();
      // A lost stretch is one fault each, up to what a report shows.
      for (let lost = (known ?? sequence) + 1; lost < sequence && missing.size < mostFaults; lost++) {
        missing.set(lost, faultAt(record, 'gap', `sequence ${lost} is missing before ${sequence}`));
      }
      if (missing.size > 0) tally.missing.set(key, missing);
      return;
    }
    if (tally.missing.get(key)?.delete(sequence)) {
      report(faultAt(record, 'disorder', `sequence ${sequence} came after ${known}`));
    } else tally.repeats += 1;
  };

  const seeState = (tally: Tally, record: StoredRecord, version: number | undefined): void => {
    const known = tally.last.get(record.key);
    // A tombstone ends a key; ids are never given again.
    if (version === undefined) return;
    if (known !== undefined && version < known) {
      report(faultAt(record, 'disorder', `version ${version} came after ${known}`));
    } else if (version === known) tally.repeats += 1;
    tally.last.set(record.key, Math.max(version, known ?? 0));
  };

  return {
    see(record: StoredRecord): void {
      const tally = tallies.get(record.topic) ?? {
        records: 0,
        repeats: 0,
        unknown: 0,
        last: new Map<string, number>(),
        missing: new Map<string, Map<number, LogFault>>(),
      };
      tallies.set(record.topic, tally);
      tally.records += 1;
      const message = decodeRecord(record);
      if (message.kind === 'malformed') report(faultAt(record, 'unreadable', message.reason));
      else if (message.kind === 'unknown') {
        tally.unknown += 1;
        // Its sequence counts all the same: the next fact of a known type must not look like a gap.
        const sequence = Number(record.headers.ce_sequence);
        if (Number.isSafeInteger(sequence)) seeFact(tally, record, sequence);
      } else if (message.kind === 'fact') seeFact(tally, record, message.fact.sequence);
      else seeState(tally, record, message.record?.version);
    },
    report(): LogReport {
      const gaps = [...tallies.values()].flatMap(({ missing }) =>
        [...missing.values()].flatMap((of) => [...of.values()]),
      );
      return {
        topics: [...tallies].map(([topic, { records, repeats, unknown, last }]) => ({
          topic,
          records,
          keys: last.size,
          repeats,
          unknown,
        })),
        faults: [...faults, ...gaps].slice(0, mostFaults),
        faultCount: faultCount + gaps.length,
      };
    },
  };
};

export type LogVerification = ReturnType<typeof createLogVerification>;
