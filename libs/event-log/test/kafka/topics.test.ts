import type { TopicDefinition } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { compareTopic, describeDifference, isApplicable, topicConfig } from '../../src/kafka/topics.ts';

const facts: TopicDefinition = { name: 'facts', cleanup: 'delete', retentionMs: 1_000_000, partitions: 6 };
const state: TopicDefinition = { name: 'state', cleanup: 'compact', retentionMs: 604_800_000, partitions: 6 };
const asDefined = (definition: TopicDefinition) => ({ partitions: 6, config: topicConfig(definition) });

describe('topics beside their definitions', () => {
  it('have no differences when they are as defined', () => {
    expect(compareTopic('p.facts', facts, asDefined(facts))).toEqual([]);
    expect(compareTopic('p.state', state, asDefined(state))).toEqual([]);
  });

  it('keep facts for their retention, and tombstones for theirs', () => {
    expect(topicConfig(facts)).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '1000000' });
    expect(topicConfig(state)).toMatchObject({ 'cleanup.policy': 'compact', 'delete.retention.ms': '604800000' });
    expect(topicConfig(state)).not.toHaveProperty('retention.ms');
  });

  it('are named with each setting that differs, and what can be done about it', () => {
    const differences = compareTopic('p.facts', facts, {
      partitions: 3,
      config: { ...topicConfig(facts), 'cleanup.policy': 'compact', 'retention.ms': '5' },
    });
    expect(differences.map((each) => [describeDifference(each), isApplicable(each)])).toEqual([
      ['topic p.facts has partitions 3, not 6', false],
      ['topic p.facts has cleanup.policy compact, not delete', false],
      ['topic p.facts has retention.ms 5, not 1000000', true],
    ]);
    const [missing] = compareTopic('p.facts', facts, undefined);
    expect(missing && [describeDifference(missing), isApplicable(missing)]).toEqual(['topic p.facts is missing', true]);
  });
});
