import { Connector, connectorStateTopic, factsTopic, matches, tombstoneDelayMs } from '@gatehouse/contracts';
import { createTestClock, type TestClock } from '@gatehouse/contracts/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ecCertificate,
  expiredCertificate,
  otherCertificate,
  rsaCertificate,
  weakRsaCertificate,
} from './support/certificates.ts';
import { type Registry, startRegistry } from './support/registry.ts';

const saml = {
  issuerUrl: 'https://idp.corp/saml',
  endpoint: 'https://idp.corp/sso',
  nameIdFormat: 'emailAddress',
  certificates: [rsaCertificate],
};
const corp = { name: 'Corp', reference: 'corp', type: 'SAML_V2', saml };
const facts = factsTopic('connector');

describe('the connector registry', () => {
  let clock: TestClock;
  let registry: Registry;
  beforeEach(async () => {
    clock = createTestClock();
    registry = await startRegistry(clock);
  });
  afterEach(() => registry.stop());

  const create = async (changes: object = {}) => {
    const answer = await registry.request('POST', '/api/connectors', { body: { ...corp, ...changes } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<Connector>();
  };
  const patch = (id: string, version: number, body: unknown) =>
    registry.request('PATCH', `/api/connectors/${id}`, { body, headers: { 'if-match': `"${version}"` } });

  it('creates a connector, enabled, with everything that was left out filled in', async () => {
    const answer = await registry.request('POST', '/api/connectors', { body: corp });
    expect(answer.statusCode).toBe(201);
    const connector = answer.json<Connector>();
    expect(matches(Connector, connector)).toBe(true);
    expect(answer.headers).toMatchObject({
      location: `/api/connectors/${connector.id}`,
      etag: '"1"',
      'gatehouse-version': '1',
      'gatehouse-aggregate': connector.id,
    });
    expect(connector).toMatchObject({
      enabled: true,
      version: 1,
      loginAddress: 'http://localhost:3000/api/sso/login/corp',
      saml: {
        nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
        requireSignature: 'either',
        expiredCertificate: 'warn',
        certificateDetails: [
          {
            subject: expect.stringContaining('CN=idp.corp.example'),
            fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
            notAfter: '2045-12-31T00:00:00.000Z',
          },
        ],
      },
    });
    const read = await registry.request('GET', `/api/connectors/${connector.id}`, { as: 'read' });
    expect(read.json()).toEqual(connector);
    expect(read.headers.etag).toBe('"1"');
  });

  it('names every wrong field at once, wrong shapes and wrong values together', async () => {
    const body = {
      name: ' ',
      reference: 'corp–idp',
      type: 'SAML_V2',
      colour: 'red',
      saml: {
        issuerUrl: 'idp',
        endpoint: 'http://idp.corp/sso',
        nameIdFormat: 'mail',
        certificates: [rsaCertificate, 'nonsense', rsaCertificate, weakRsaCertificate],
        requireSignature: 'none',
      },
    };
    const answer = await registry.request('POST', '/api/connectors', { body });
    expect(answer.statusCode).toBe(400);
    const errors = new Map(
      answer.json().errors.map(({ pointer, message }: { pointer: string; message: string }) => [pointer, message]),
    );
    expect([...errors.keys()].sort()).toEqual([
      '/colour',
      '/name',
      '/reference',
      '/saml/certificates/1',
      '/saml/certificates/2',
      '/saml/certificates/3',
      '/saml/endpoint',
      '/saml/issuerUrl',
      '/saml/nameIdFormat',
      '/saml/requireSignature',
    ]);
    expect(errors.get('/reference')).toContain('an en dash (–)');
    expect(errors.get('/saml/certificates/2')).toContain('same certificate as number 1');
    expect(errors.get('/saml/certificates/3')).toContain('1024');
  });

  it.each(['', 'null', '[]', '"text"', '{}', JSON.stringify({ ...corp, saml: [] }), '{"saml":{"certificates":"one"}}'])(
    'refuses the body %s with a problem',
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await registry.request('POST', '/api/connectors', { body, headers });
      expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(answer.json().errors.length).toBeGreaterThan(0);
    },
  );

  it('says that OAuth 2 is not available yet', async () => {
    const body = { name: 'CRM', reference: 'crm', type: 'OAUTH2', oauth2: { authenticationMethod: 'hubspot' } };
    const answer = await registry.request('POST', '/api/connectors', { body });
    expect(answer.json()).toMatchObject({ status: 400, code: 'connector_type_not_available' });
  });

  it('keeps references unique without regard to case, and frees them on rename and deletion', async () => {
    const first = await create();
    const second = await create({ reference: 'Other' });
    const taken = await registry.request('POST', '/api/connectors', { body: { ...corp, reference: 'CORP' } });
    expect(taken.json()).toMatchObject({ status: 409, code: 'connector_reference_taken' });
    expect((await patch(second.id, 1, { reference: 'Corp' })).json()).toMatchObject({
      code: 'connector_reference_taken',
    });
    expect((await patch(first.id, 1, { reference: 'moved' })).json()).toMatchObject({
      reference: 'moved',
      loginAddress: 'http://localhost:3000/api/sso/login/moved',
    });
    expect((await patch(second.id, 1, { reference: 'Corp' })).statusCode).toBe(200);
    await registry.request('DELETE', `/api/connectors/${second.id}`, { headers: { 'if-match': '*' } });
    await create({ reference: 'corp' });
  });

  it('lets one of two creations with one reference win', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        registry.request('POST', '/api/connectors', { body: { ...corp, name: `Corp ${at}` } }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
  });

  it('patches what is given, leaves the rest, and puts defaults back for null', async () => {
    const { id, saml: before } = await create({ saml: { ...saml, requireSignature: 'both' } });
    const answer = await registry.request('PATCH', `/api/connectors/${id}`, {
      body: JSON.stringify({
        name: 'Corporation',
        saml: { requireSignature: null, certificates: [ecCertificate, otherCertificate] },
      }),
      headers: { 'if-match': '"1"', 'content-type': 'application/merge-patch+json' },
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers.etag).toBe('"2"');
    expect(answer.json()).toMatchObject({
      name: 'Corporation',
      version: 2,
      saml: { issuerUrl: before.issuerUrl, endpoint: before.endpoint, requireSignature: 'either' },
    });
    expect(answer.json().saml.certificateDetails).toHaveLength(2);
  });

  it('changes nothing for a patch that says what is so already', async () => {
    const { id } = await create();
    const answer = await patch(id, 1, {
      name: 'Corp',
      saml: { nameIdFormat: 'emailAddress', certificates: [rsaCertificate.replaceAll('\n', '\r\n')] },
    });
    expect([answer.statusCode, answer.json().version, answer.headers['gatehouse-version']]).toEqual([200, 1, '1']);
    expect(await registry.published(facts)).toHaveLength(1);
  });

  it('refuses a patch with wrong fields, all at once', async () => {
    const { id } = await create();
    const answer = await patch(id, 1, { id: 'con_x', name: null, saml: { endpoint: 'ftp://x', certificates: [] } });
    expect(
      answer
        .json()
        .errors.map(({ pointer }: { pointer: string }) => pointer)
        .sort(),
    ).toEqual(['/id', '/name', '/saml/certificates', '/saml/endpoint']);
  });

  it('needs If-Match for a change, and the current version in it', async () => {
    const { id } = await create();
    const without = await registry.request('PATCH', `/api/connectors/${id}`, { body: { name: 'x' } });
    expect(without.json()).toMatchObject({ status: 428, code: 'precondition_required' });
    expect((await registry.request('DELETE', `/api/connectors/${id}`)).statusCode).toBe(428);
    expect((await patch(id, 1, { name: 'Two' })).statusCode).toBe(200);
    expect((await patch(id, 1, { name: 'Three' })).json()).toMatchObject({ status: 412, code: 'version_conflict' });
    const stale = await registry.request('DELETE', `/api/connectors/${id}`, { headers: { 'if-match': '"1"' } });
    expect(stale.statusCode).toBe(412);
    const weak = await registry.request('DELETE', `/api/connectors/${id}`, { headers: { 'if-match': 'W/"2"' } });
    expect(weak.statusCode).toBe(412);
    const malformed = await registry.request('DELETE', `/api/connectors/${id}`, { headers: { 'if-match': '2' } });
    expect(malformed.statusCode).toBe(400);
    const listed = await registry.request('DELETE', `/api/connectors/${id}`, { headers: { 'if-match': '"9", "2"' } });
    expect(listed.statusCode).toBe(204);
    expect(listed.headers).toMatchObject({ 'gatehouse-version': '3', 'gatehouse-aggregate': id });
    expect((await registry.request('GET', `/api/connectors/${id}`)).json()).toMatchObject({
      status: 404,
      code: 'connector_not_found',
    });
  });

  it('lets one of many rival patches of one version win', async () => {
    const { id } = await create();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => patch(id, 1, { name: `Name ${at}` })));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode === 412)).toHaveLength(19);
  });

  it('enables and disables, as often as one likes', async () => {
    const { id } = await create();
    const act = async (action: string) => (await registry.request('POST', `/api/connectors/${id}/${action}`)).json();
    expect(await act('enable')).toMatchObject({ enabled: true, version: 1 });
    expect(await act('disable')).toMatchObject({ enabled: false, version: 2 });
    expect(await act('disable')).toMatchObject({ enabled: false, version: 2 });
    expect(await act('enable')).toMatchObject({ enabled: true, version: 3 });
    expect((await registry.request('POST', '/api/connectors/con_nothing/enable')).statusCode).toBe(404);
  });

  it('publishes a fact for each change, in order, with what differs, and who did it within which trace', async () => {
    const { id } = await create();
    const traceId = 'c'.repeat(32);
    await registry.request('PATCH', `/api/connectors/${id}`, {
      body: { name: 'Corporation', saml: { issuerUrl: 'urn:corp:idp' } },
      headers: { 'if-match': '"1"', traceparent: `00-${traceId}-${'d'.repeat(16)}-01` },
    });
    await registry.request('POST', `/api/connectors/${id}/disable`);
    await registry.request('DELETE', `/api/connectors/${id}`, { headers: { 'if-match': '*' } });
    const seen = (await registry.published(facts)).map(({ message }) => message);
    const told = seen.flatMap((message) => (message.kind === 'fact' ? [message.fact] : []));
    expect(told.map(({ type, sequence, subject, actor }) => [type, sequence, subject, actor])).toEqual([
      ['connector.created', 1, id, 'administrator/adm_test'],
      ['connector.updated', 2, id, 'administrator/adm_test'],
      ['connector.disabled', 3, id, 'administrator/adm_test'],
      ['connector.deleted', 4, id, 'administrator/adm_test'],
    ]);
    expect(told[1]).toMatchObject({
      traceparent: expect.stringContaining(traceId),
      data: {
        connector: { version: 2, name: 'Corporation' },
        changed: [
          { path: '/name', before: 'Corp', after: 'Corporation' },
          { path: '/saml/issuerUrl', before: 'https://idp.corp/saml', after: 'urn:corp:idp' },
        ],
      },
    });
    expect(told[3]?.data).toEqual({ connectorId: id, reference: 'corp' });
  });

  it('keeps the full state on the compacted topic; a deletion is a record first and a tombstone a day later', async () => {
    const connector = await create();
    await registry.request('DELETE', `/api/connectors/${connector.id}`, { headers: { 'if-match': '"1"' } });
    const soon = await registry.published(connectorStateTopic);
    expect(soon.map(({ record }) => JSON.parse(record.value ?? 'null'))).toEqual([
      { version: 1, connector },
      { deleted: true, version: 2, deletedAt: new Date(clock.now()).toISOString() },
    ]);
    clock.advance(tombstoneDelayMs + 1);
    await expect
      .poll(async () => (await registry.published(connectorStateTopic)).map(({ record }) => record.value).at(-1), {
        timeout: 5_000,
      })
      .toBeUndefined();
  });

  it('lists by name, page by page, and finds by name, reference, issuer and type', async () => {
    const names = ['delta', 'Alpha', 'charlie', 'Bravo', 'echo'];
    for (const name of names)
      await create({ name, reference: `ref-${name}`, saml: { ...saml, issuerUrl: `https://${name}.example/x` } });
    const get = async (query: string) =>
      (await registry.request('GET', `/api/connectors${query}`, { as: 'read' })).json();
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await get(`?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      all.push(...page.items.map(({ name }: Connector) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(all).toEqual(['Alpha', 'Bravo', 'charlie', 'delta', 'echo']);
    const found = async (query: string) => (await get(query)).items.map(({ name }: Connector) => name);
    expect(await found('?q=BRAV')).toEqual(['Bravo']);
    expect(await found('?q=ref-c')).toEqual(['charlie']);
    expect(await found('?q=echo.example')).toEqual(['echo']);
    expect(await found('?q=%25')).toEqual([]);
    expect(await found('?type=SAML_V2&limit=200')).toHaveLength(5);
    expect(await found('?type=OAUTH2')).toEqual([]);
  });

  it.each([
    ['?limit=0', 'invalid_request'],
    ['?limit=201', 'invalid_request'],
    ['?limit=x', 'invalid_request'],
    ['?colour=red', 'invalid_request'],
    ['?type=saml', 'invalid_request'],
    ['?limit=1&limit=2', 'invalid_request'],
    ['?cursor=nonsense', 'invalid_cursor'],
  ])('refuses the list %s', async (query, code) => {
    expect((await registry.request('GET', `/api/connectors${query}`)).json()).toMatchObject({ status: 400, code });
  });

  it('takes an expired certificate with a policy of warning, and refuses it where expired ones are refused', async () => {
    const expired = { ...saml, certificates: [expiredCertificate] };
    const connector = await create({ saml: expired });
    const strict = await registry.request('POST', '/api/connectors', {
      body: { ...corp, reference: 'strict', saml: { ...expired, expiredCertificate: 'refuse' } },
    });
    expect(strict.json().errors).toEqual([
      { pointer: '/saml/certificates', message: expect.stringContaining('expired') },
    ]);
    expect((await patch(connector.id, 1, { saml: { expiredCertificate: 'refuse' } })).statusCode).toBe(400);
    expect((await patch(connector.id, 1, { name: 'Still' })).statusCode).toBe(200);
  });

  it('does not let a certificate that ran out later stand in the way of other changes', async () => {
    const connector = await create({ saml: { ...saml, expiredCertificate: 'refuse' } });
    clock.advance(30 * 365 * 86_400_000);
    expect((await patch(connector.id, 1, { name: 'Still' })).statusCode).toBe(200);
    expect((await patch(connector.id, 2, { saml: { certificates: [rsaCertificate] } })).statusCode).toBe(400);
  });

  it.each([
    ['GET', '/api/connectors', 'read'],
    ['GET', '/api/connectors/con_x', 'read'],
    ['POST', '/api/connectors', 'admin'],
    ['PATCH', '/api/connectors/con_x', 'admin'],
    ['DELETE', '/api/connectors/con_x', 'admin'],
    ['POST', '/api/connectors/con_x/enable', 'admin'],
    ['POST', '/api/connectors/con_x/disable', 'admin'],
  ] as const)('asks of %s %s the right %s', async (method, url, right) => {
    expect((await registry.request(method, url, { as: 'nobody' })).statusCode).toBe(401);
    expect((await registry.request(method, url, { as: 'sessions:check' })).statusCode).toBe(403);
    expect((await registry.request(method, url, { as: 'read' })).statusCode === 403).toBe(right === 'admin');
    expect([401, 403]).not.toContain((await registry.request(method, url, { as: 'admin' })).statusCode);
  });

  it('answers 503 and keeps nothing when the store does not take writes', async () => {
    await registry.closeStores();
    const answer = await registry.request('POST', '/api/connectors', { body: corp });
    expect(answer.json()).toMatchObject({ status: 503, code: 'storage_unavailable' });
    expect(answer.body).not.toContain('sqlite');
  });
});
