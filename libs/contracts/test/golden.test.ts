import { describe, expect, it } from 'vitest';
import { goldenSamples } from '../golden/index.ts';
import {
  ConnectorStateRecord,
  connectorStateTopic,
  type EventType,
  eventTypes,
  factsTopic,
  shapeErrors,
  topics,
  UserStateRecord,
} from '../src/index.ts';

const samples = goldenSamples();
const isEventType = (type: string | undefined): type is EventType =>
  type !== undefined && Object.hasOwn(eventTypes, type);

describe('golden samples', () => {
  it('exist for every type of event and both kinds of state, alive and deleted', () => {
    const names = samples.filter(({ name }) => name.startsWith('v1/')).map(({ name }) => name.slice(3));
    const expected = [
      ...Object.keys(eventTypes),
      'connector.state',
      'connector.state.deleted',
      'user.state',
      'user.state.deleted',
    ];
    expect(names.toSorted()).toEqual(expected.toSorted());
  });

  it.each(samples)('$name parses with the schemas of today', ({ topic, key, headers, value }) => {
    const type = headers.ce_type;
    if (isEventType(type)) {
      expect(topic).toBe(factsTopic(eventTypes[type].aggregate));
      expect(shapeErrors(eventTypes[type].data, value)).toEqual([]);
    } else {
      expect(shapeErrors(topic === connectorStateTopic ? ConnectorStateRecord : UserStateRecord, value)).toEqual([]);
    }
    expect(headers.ce_subject).toBe(key);
    expect(topics.map(({ name }) => name)).toContain(topic);
  });

  it('would not parse with a member taken out', () => {
    for (const { headers, value } of samples) {
      const type = headers.ce_type;
      if (!isEventType(type)) continue;
      const [first] = Object.keys(value as object);
      const { [first as string]: _gone, ...rest } = value as Record<string, unknown>;
      expect(shapeErrors(eventTypes[type].data, rest), type).not.toEqual([]);
    }
  });

  it('parse with members that a later version may add', () => {
    for (const { headers, value } of samples) {
      const type = headers.ce_type;
      if (isEventType(type))
        expect(shapeErrors(eventTypes[type].data, { ...(value as object), addedLater: 1 })).toEqual([]);
    }
  });
});
