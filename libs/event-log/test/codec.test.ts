import { type AnyFact, type ConnectorStateRecord, isoTime, sources } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import {
  decodeRecord,
  encodeConnectorState,
  encodeFact,
  encodeUserState,
  type LogRecord,
  type StoredRecord,
} from '../src/index.ts';

const connectorId = `con_${'0'.repeat(25)}1`;
const userId = `usr_${'0'.repeat(25)}1`;
const fact: AnyFact = {
  id: `evt_${'0'.repeat(25)}1`,
  source: sources.connectorRegistry,
  type: 'connector.enabled',
  subject: connectorId,
  time: isoTime(1_700_000_000_000),
  sequence: 7,
  actor: 'administrator/adm_1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  data: { connectorId, reference: 'corp' },
};

const stored = (record: LogRecord): StoredRecord => ({ ...record, partition: 2, offset: 9 });
const placed = (topic: string, key: string) => ({ topic, key, partition: 2, offset: 9 });

const withHeaders = (headers: Readonly<Record<string, string | undefined>>): StoredRecord => {
  const record = stored(encodeFact(fact));
  const entries = Object.entries({ ...record.headers, ...headers });
  return {
    ...record,
    headers: Object.fromEntries(entries.filter((entry) => entry[1] !== undefined)) as Record<string, string>,
  };
};

describe('a fact', () => {
  it('is a CloudEvent in binary mode', () => {
    expect(encodeFact(fact)).toEqual({
      topic: 'gatehouse.connector.events',
      key: connectorId,
      value: `{"connectorId":"${connectorId}","reference":"corp"}`,
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: fact.id,
        ce_source: '/gatehouse/connector-registry',
        ce_type: 'connector.enabled',
        ce_subject: connectorId,
        ce_time: '2023-11-14T22:13:20.000Z',
        ce_sequence: '7',
        ce_actor: 'administrator/adm_1',
        ce_traceparent: fact.traceparent,
      },
    });
  });

  it('comes back as it was', () => {
    const place = placed('gatehouse.connector.events', connectorId);
    expect(decodeRecord(stored(encodeFact(fact)))).toEqual({ ...place, kind: 'fact', fact });
    const { traceparent: _, ...untraced } = fact;
    expect(decodeRecord(stored(encodeFact(untraced)))).toEqual({ ...place, kind: 'fact', fact: untraced });
  });

  it('of a later version is read for what is known of it', () => {
    const grown = { ...stored(encodeFact(fact)), value: JSON.stringify({ ...fact.data, since: { later: true } }) };
    expect(decodeRecord(grown)).toMatchObject({ kind: 'fact', fact: { data: fact.data } });
  });

  it('of a type that came later is unknown, not broken', () => {
    expect(decodeRecord(withHeaders({ ce_type: 'connector.teleported' }))).toMatchObject({ kind: 'unknown' });
    expect(decodeRecord(withHeaders({ ce_type: 'constructor' }))).toMatchObject({ kind: 'unknown' });
    expect(decodeRecord({ ...withHeaders({}), topic: 'gatehouse.grant.events' })).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['no spec version', { ce_specversion: undefined }],
    ['another spec version', { ce_specversion: '0.3' }],
    ['no id', { ce_id: undefined }],
    ['an empty id', { ce_id: '' }],
    ['no source', { ce_source: undefined }],
    ['no type', { ce_type: undefined }],
    ['a type of another topic', { ce_type: 'user.deleted' }],
    ['no actor', { ce_actor: undefined }],
    ['no time', { ce_time: undefined }],
    ['a time that is none', { ce_time: 'yesterday' }],
    ['another subject', { ce_subject: userId }],
    ['no sequence', { ce_sequence: undefined }],
    ['a sequence below 1', { ce_sequence: '0' }],
    ['a broken sequence', { ce_sequence: '1.5' }],
  ])('with %s is malformed', (_words, headers) => {
    expect(decodeRecord(withHeaders(headers))).toMatchObject({ kind: 'malformed' });
  });

  it.each([
    ['no value', undefined],
    ['no JSON', '{'],
    ['no object', '7'],
    ['a missing member', '{"reference":"corp"}'],
    ['a wrong member', '{"connectorId":"usr_1","reference":"corp"}'],
  ])('with %s for a value is malformed', (_words, value) => {
    expect(decodeRecord({ ...stored(encodeFact(fact)), value })).toMatchObject({ kind: 'malformed' });
  });

  it('is refused without telling its value', () => {
    const refused = decodeRecord({ ...stored(encodeFact(fact)), value: '{"connectorId":"secret"}' });
    expect(JSON.stringify(refused)).not.toContain('secret');
  });
});

describe('a state', () => {
  const record: ConnectorStateRecord = { deleted: true, version: 4, deletedAt: isoTime(1_700_000_000_000) };

  it('comes back as it was', () => {
    const connector = encodeConnectorState(connectorId, record, { traceparent: fact.traceparent });
    expect(connector.headers).toMatchObject({
      ce_type: 'connector.state',
      ce_id: `${connectorId}:4`,
      ce_subject: connectorId,
      ce_sequence: '4',
      ce_traceparent: fact.traceparent,
    });
    const place = placed('gatehouse.connector.state', connectorId);
    expect(decodeRecord(stored(connector))).toEqual({ ...place, kind: 'connector-state', record });
    const user = placed('gatehouse.user.state', userId);
    expect(decodeRecord(stored(encodeUserState(userId, record)))).toEqual({ ...user, kind: 'user-state', record });
  });

  it('of undefined is a tombstone', () => {
    const tombstone = encodeUserState(userId, undefined);
    expect(tombstone.value).toBeUndefined();
    expect(decodeRecord(stored(tombstone))).toMatchObject({ kind: 'user-state', record: undefined });
    expect(decodeRecord(stored(encodeConnectorState(connectorId, undefined)))).toMatchObject({ record: undefined });
  });

  it('of a later version is read though it has members inside that nobody knew', () => {
    const user = {
      id: userId,
      username: 'alice@corp.example',
      displayName: 'Alice',
      status: 'active',
      version: 1,
      createdAt: isoTime(0),
      updatedAt: isoTime(0),
      nickname: 'al',
    };
    const value = JSON.stringify({ version: 1, user, links: [{ connectorId, linkedAt: isoTime(0), colour: 'red' }] });
    const grown = { ...stored(encodeUserState(userId, record)), value };
    expect(decodeRecord(grown)).toMatchObject({
      kind: 'user-state',
      record: { user: { username: 'alice@corp.example' } },
    });
  });

  it('that breaks its schema is malformed', () => {
    const good = stored(encodeUserState(userId, record));
    for (const value of ['{', '{"deleted":true}', '{"version":0,"deleted":true,"deletedAt":"x"}']) {
      expect(decodeRecord({ ...good, value })).toMatchObject({ kind: 'malformed' });
    }
    expect(decodeRecord({ ...good, headers: {} })).toMatchObject({ kind: 'malformed' });
    const other = { ...good.headers, ce_type: 'user.snapshot' };
    expect(decodeRecord({ ...good, headers: other })).toMatchObject({ kind: 'unknown' });
  });
});
