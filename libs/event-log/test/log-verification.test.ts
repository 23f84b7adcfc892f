import { describe, expect, it } from 'vitest';
import { connectorFact, ids } from '../src/conformance/samples.ts';
import { createLogVerification, encodeConnectorState, type LogRecord, type StoredRecord } from '../src/index.ts';

const stored = (records: readonly LogRecord[]): readonly StoredRecord[] =>
  records.map((record, offset) => ({ ...record, partition: 0, offset }));

const verified = (records: readonly LogRecord[]) => {
  const verification = createLogVerification();
  for (const record of stored(records)) verification.see(record);
  return verification.report();
};

const key = ids.id('connector');
const facts = (...sequences: readonly number[]) => sequences.map((sequence) => connectorFact(key, sequence));
const deleted = (version: number) =>
  encodeConnectorState(key, { deleted: true, version, deletedAt: '2026-01-01T00:00:00.000Z' });

describe('the verification of a log', () => {
  it('finds nothing wrong with facts in order, and counts repeats', () => {
    const report = verified([...facts(4, 5, 5, 4, 6), ...facts(7)]);
    expect(report).toMatchObject({ faultCount: 0, topics: [{ records: 6, keys: 1, repeats: 2 }] });
  });

  it('names the sequence that is missing, once', () => {
    const report = verified(facts(1, 2, 4, 5));
    expect(report.faultCount).toBe(1);
    expect(report.faults[0]).toMatchObject({ kind: 'gap', key, detail: 'sequence 3 is missing before 4' });
  });

  it('tells a fact that came late from one that never came', () => {
    const report = verified(facts(1, 3, 2));
    expect(report.faults.map(({ kind }) => kind)).toEqual(['disorder']);
  });

  it('takes unknown types as what they are, and their sequence with them', () => {
    const future = {
      ...connectorFact(key, 2),
      headers: { ...connectorFact(key, 2).headers, ce_type: 'connector.teleported' },
    };
    const [first, last] = facts(1, 3);
    const report = verified([first, future, last].filter((record) => record !== undefined));
    expect(report).toMatchObject({ faultCount: 0, topics: [{ unknown: 1 }] });
  });

  it('names records that are no message', () => {
    const report = verified([{ ...connectorFact(key, 1), headers: {} }]);
    expect(report.faults[0]).toMatchObject({ kind: 'unreadable', detail: 'ce_specversion is not 1.0' });
  });

  it('finds a version that falls on a state topic, which compaction would keep', () => {
    expect(verified([deleted(2), deleted(3), deleted(3), encodeConnectorState(key, undefined)]).faultCount).toBe(0);
    expect(verified([deleted(3), deleted(2)]).faults[0]).toMatchObject({
      kind: 'disorder',
      detail: 'version 2 came after 3',
    });
  });
});
