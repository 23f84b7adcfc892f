import { describe, expect, it } from 'vitest';
import { conformanceMatrix } from '../scripts/conformance-matrix.mjs';

const test = (status: string, ...ancestorTitles: readonly string[]) => ({ status, ancestorTitles });

describe('conformanceMatrix', () => {
  it('counts over files and suites, port by port and adapter by adapter', () => {
    const testResults = [
      {
        assertionResults: [
          test('passed', 'conformance: outbox × SQLite', 'the outbox of sqliteOutbox'),
          test('passed', 'conformance: outbox × SQLite', 'the outbox of sqliteStoreHost'),
          test('passed', 'the relay', 'while it waits'),
          test('passed', 'conformance: event log × SQLite', 'sqliteEventLog as an event log'),
        ],
      },
      {
        assertionResults: [
          test('passed', 'conformance: event log × Kafka', 'kafkaEventLog as an event log'),
          test('failed', 'conformance: event log × Kafka', 'kafkaEventLog as an event log'),
          test('skipped', 'conformance: outbox × MongoDB', 'the outbox of mongoStoreHost'),
          test('passed', 'conformance: outbox × SQLite', 'the outbox of sqliteStoreHost'),
        ],
      },
    ];
    expect(conformanceMatrix({ testResults })).toEqual([
      'port       Kafka               MongoDB    SQLite',
      'event log  1 passed, 1 failed  –          1 passed',
      'outbox     –                   1 skipped  3 passed',
    ]);
  });

  it('says nothing of a run without conformance suites, or without a report', () => {
    expect(conformanceMatrix({ testResults: [{ assertionResults: [test('passed', 'the relay')] }] })).toEqual([]);
    expect(conformanceMatrix(undefined)).toEqual([]);
  });
});
