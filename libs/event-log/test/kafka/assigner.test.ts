import { describe, expect, it } from 'vitest';
import { type Assignment, assignPartitions, type GroupMember, isEven } from '../../src/kafka/assigner.ts';

const member = (memberId: string, held: Assignment = {}, topics: readonly string[] = ['t']): GroupMember => ({
  memberId,
  topics,
  held,
});
const six = { t: [0, 1, 2, 3, 4, 5] };
const counts = (given: ReadonlyMap<string, Assignment>) =>
  [...given.values()].map((topics) => Object.values(topics).flat().length);

describe('the assignment of partitions', () => {
  it('gives every partition to one member, evenly', () => {
    const given = assignPartitions([member('b'), member('a'), member('c')], six);
    expect(counts(given)).toEqual([2, 2, 2]);
    expect([...given.values()].flatMap(({ t = [] }) => t).toSorted()).toEqual(six.t);
  });

  it('is the same whoever leads', () => {
    const members = [member('b', { t: [4] }), member('a'), member('c')];
    expect([...assignPartitions(members.toReversed(), six)]).toEqual([...assignPartitions(members, six)]);
  });

  it('leaves partitions where work is in hand, and evens the others out', () => {
    const given = assignPartitions([member('a'), member('b', { t: [0, 3] })], six);
    expect(given.get('b')?.t).toEqual(expect.arrayContaining([0, 3]));
    expect(counts(given)).toEqual([3, 3]);
  });

  it('says when work in hand makes it uneven', () => {
    const members = [member('a', { t: [0, 1, 2, 3, 4] }), member('b')];
    const given = assignPartitions(members, six);
    expect(counts(given)).toEqual([5, 1]);
    expect(isEven(members, given)).toBe(false);
    const free = [member('a'), member('b')];
    expect(isEven(free, assignPartitions(free, six))).toBe(true);
  });

  it('gives a topic only to those who subscribe to it, and does not call that uneven', () => {
    const members = [member('a', {}, ['t', 'u']), member('b', {}, ['u'])];
    const given = assignPartitions(members, { t: [0, 1, 2, 3], u: [0] });
    expect(given.get('a')).toEqual({ t: [0, 1, 2, 3] });
    expect(given.get('b')).toEqual({ u: [0] });
    expect(isEven(members, given)).toBe(true);
  });

  it('forgets held partitions that are gone', () => {
    const given = assignPartitions([member('a', { t: [9], gone: [0] })], six);
    expect(given.get('a')?.t).toEqual(six.t);
  });
});
