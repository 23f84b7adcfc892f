import type { AnyFact, EventType } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { faultsOfOrder, faultsOfState } from './published-log.ts';

const fact = (subject: string, sequence: number, type: EventType, data: object = {}): AnyFact =>
  ({ id: `${subject}:${sequence}:${type}`, subject, sequence, type, data }) as AnyFact;

const created = fact('con_1', 1, 'connector.created');
const disabled = fact('con_1', 2, 'connector.disabled');
const deleted = fact('con_1', 3, 'connector.deleted');

describe('what the crash run calls a fault of order', () => {
  it('is a gap, a fact that came late, a second fact of one sequence and an attempt that succeeded twice', () => {
    expect(faultsOfOrder([created, deleted])).toHaveLength(1);
    expect(faultsOfOrder([disabled, created])).not.toEqual([]);
    expect(faultsOfOrder([created, { ...created, id: 'another' } as AnyFact])).not.toEqual([]);
    const succeeded = fact('att_1', 1, 'login.succeeded');
    expect(faultsOfOrder([succeeded, { ...succeeded, id: 'another' } as AnyFact])).toContain('att_1 succeeded 2 times');
  });

  it('is no repetition', () => {
    expect(faultsOfOrder([created, disabled, created, disabled, deleted])).toEqual([]);
  });
});

describe('what the crash run calls a fault of state', () => {
  const stateVersions = new Map([['con_1', 2]]);

  it('is nothing when list, facts and state topic agree', () => {
    expect(faultsOfState({ facts: [created, disabled], stateVersions }, new Map([['con_1', 2]]))).toEqual([]);
  });

  it.each([
    ['a list that is behind', [created, disabled], [['con_1', 1]]],
    ['a list that lost something', [created, disabled], []],
    [
      'something listed that no fact tells of',
      [created, disabled],
      [
        ['con_1', 2],
        ['key_1', undefined],
      ],
    ],
    ['a state topic that is behind', [created, disabled, deleted], []],
    ['something listed that was deleted', [created, fact('con_1', 2, 'connector.deleted')], [['con_1', 2]]],
  ] as const)('is %s', (_, facts, listed) => {
    expect(faultsOfState({ facts, stateVersions }, new Map<string, number | undefined>(listed))).toHaveLength(1);
  });

  it('is a link to a connector that was deleted, unless the user is gone too', () => {
    const linked = [
      created,
      fact('con_1', 2, 'connector.deleted'),
      fact('usr_1', 1, 'user.created'),
      fact('usr_1', 2, 'user.linked', { connectorId: 'con_1' }),
    ];
    const versions = new Map([...stateVersions, ['usr_1', 2] as const]);
    const faults = faultsOfState({ facts: linked, stateVersions: versions }, new Map([['usr_1', 2]]));
    expect(faults).toEqual(['usr_1 is still linked to con_1, which was deleted']);
    const left = [...linked, fact('usr_1', 3, 'user.deleted')];
    expect(faultsOfState({ facts: left, stateVersions: new Map([...versions, ['usr_1', 3]]) }, new Map())).toEqual([]);
  });
});
