import { factsTopic, matches, tombstoneDelayMs, User, UserStateRecord, userStateTopic } from '@gatehouse/contracts';
import { createTestClock, type TestClock } from '@gatehouse/contracts/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Directory, startDirectory } from './support/directory.ts';

describe('users', () => {
  let clock: TestClock;
  let directory: Directory;
  beforeEach(async () => {
    clock = createTestClock();
    directory = await startDirectory(clock);
  });
  afterEach(() => directory.stop());

  const post = (body: unknown) => directory.request('POST', '/api/users', { body });
  const create = async (username: string, displayName = '') => {
    const answer = await post({ username, displayName });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<User>();
  };
  const patch = (id: string, version: number, body: unknown) =>
    directory.request('PATCH', `/api/users/${id}`, { body, headers: { 'if-match': `"${version}"` } });

  it('are created active, under the canonical form of their address', async () => {
    const answer = await post({ username: ' Alice@Bücher.Example ', displayName: ' Alice ' });
    expect(answer.statusCode).toBe(201);
    const user = answer.json<User>();
    expect(matches(User, user)).toBe(true);
    expect(user).toMatchObject({
      username: 'alice@xn--bcher-kva.example',
      displayName: 'Alice',
      status: 'active',
      version: 1,
    });
    expect(answer.headers).toMatchObject({
      location: `/api/users/${user.id}`,
      etag: '"1"',
      'gatehouse-version': '1',
      'gatehouse-aggregate': user.id,
    });
    const read = await directory.request('GET', `/api/users/${user.id}`, { as: 'read' });
    expect([read.json(), read.headers.etag]).toEqual([user, '"1"']);
  });

  it.each(['ALICE@CORP.EXAMPLE', 'ａｌｉｃｅ@corp.example', 'alice@ＣＯＲＰ.example'])(
    'cannot exist twice, as %s',
    async (username) => {
      await create('alice@corp.example');
      expect((await post({ username })).json()).toMatchObject({ status: 409, code: 'username_taken' });
    },
  );

  it('cannot take each other’s address by a patch, and give theirs up by one', async () => {
    const alice = await create('alice@corp.example');
    const bob = await create('bob@corp.example');
    expect((await patch(bob.id, 1, { username: 'Alice@corp.example' })).json()).toMatchObject({
      code: 'username_taken',
    });
    expect((await patch(alice.id, 1, { username: 'alicia@corp.example' })).statusCode).toBe(200);
    expect((await patch(bob.id, 1, { username: 'alice@corp.example' })).statusCode).toBe(200);
  });

  it('name every wrong field at once', async () => {
    const answer = await post({ username: 'alice', displayName: 'x'.repeat(201), role: 'root' });
    expect(
      answer
        .json()
        .errors.map(({ pointer }: { pointer: string }) => pointer)
        .sort(),
    ).toEqual(['/displayName', '/role', '/username']);
    expect((await post({})).json()).toMatchObject({ errors: [{ pointer: '/username', message: 'is mandatory' }] });
    for (const body of ['null', '[]', '"x"', '', '{"username":5}']) {
      const refused = await directory.request('POST', '/api/users', {
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect(refused.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    }
  });

  it('are patched member by member; null empties the display name', async () => {
    const { id } = await create('alice@corp.example', 'Alice');
    expect((await patch(id, 1, { displayName: null })).json()).toMatchObject({
      displayName: '',
      username: 'alice@corp.example',
      version: 2,
    });
    expect((await patch(id, 2, { username: 'ALICE@corp.example' })).json()).toMatchObject({ version: 2 });
    expect((await patch(id, 1, { displayName: 'x' })).statusCode).toBe(412);
    expect((await directory.request('PATCH', `/api/users/${id}`, { body: {} })).statusCode).toBe(428);
    expect((await patch(id, 2, { username: null, status: 'suspended' })).json().errors).toHaveLength(2);
  });

  it('are suspended and reactivated, as often as one likes', async () => {
    const { id } = await create('alice@corp.example');
    const act = async (action: string) => (await directory.request('POST', `/api/users/${id}/${action}`)).json();
    expect(await act('suspend')).toMatchObject({ status: 'suspended', version: 2 });
    expect(await act('suspend')).toMatchObject({ status: 'suspended', version: 2 });
    expect(await act('reactivate')).toMatchObject({ status: 'active', version: 3 });
    expect(await act('reactivate')).toMatchObject({ status: 'active', version: 3 });
    expect((await directory.request('POST', '/api/users/usr_nobody/suspend')).json()).toMatchObject({
      code: 'user_not_found',
    });
  });

  it('are deleted with If-Match; their address is free again', async () => {
    const { id } = await create('alice@corp.example');
    expect((await directory.request('DELETE', `/api/users/${id}`)).statusCode).toBe(428);
    const answer = await directory.request('DELETE', `/api/users/${id}`, { headers: { 'if-match': '"1"' } });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'gatehouse-version': '2', 'gatehouse-aggregate': id });
    expect((await directory.request('GET', `/api/users/${id}`)).json()).toMatchObject({
      status: 404,
      code: 'user_not_found',
    });
    await create('alice@corp.example');
  });

  it('publish facts in order and their full state, the deletion with a tombstone a day later', async () => {
    const { id } = await create('alice@corp.example');
    await patch(id, 1, { displayName: 'Alice' });
    await directory.request('POST', `/api/users/${id}/suspend`);
    await directory.request('POST', `/api/users/${id}/reactivate`);
    await directory.request('DELETE', `/api/users/${id}`, { headers: { 'if-match': '*' } });
    const facts = (await directory.published(factsTopic('user'))).flatMap(({ message }) =>
      message.kind === 'fact' ? [message.fact] : [],
    );
    expect(facts.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['user.created', 1],
      ['user.updated', 2],
      ['user.suspended', 3],
      ['user.reactivated', 4],
      ['user.deleted', 5],
    ]);
    expect(facts[1]?.data).toMatchObject({ changed: [{ path: '/displayName', before: '', after: 'Alice' }] });
    const states = (await directory.published(userStateTopic)).map(({ record }) => JSON.parse(record.value ?? 'null'));
    expect(states).toHaveLength(5);
    expect(states.every((state) => matches(UserStateRecord, state))).toBe(true);
    expect(states.at(-1)).toMatchObject({ deleted: true, version: 5 });
    clock.advance(tombstoneDelayMs + 1);
    await expect
      .poll(async () => (await directory.published(userStateTopic)).map(({ record }) => record.value).at(-1), {
        timeout: 5_000,
      })
      .toBeUndefined();
  });

  it('are listed by username, page by page, and found by username and display name', async () => {
    for (const name of ['dora', 'alice', 'Bob', 'carl', 'eve'])
      await create(`${name}@corp.example`, name === 'eve' ? 'Evelyn Ä.' : '');
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = (
        await directory.request('GET', `/api/users?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`)
      ).json();
      all.push(...page.items.map(({ username }: User) => username.split('@')[0]));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(all).toEqual(['alice', 'bob', 'carl', 'dora', 'eve']);
    const found = async (q: string) =>
      (await directory.request('GET', `/api/users?q=${encodeURIComponent(q)}`)).json().items.length;
    expect([await found('BOB@'), await found('evelyn ä'), await found('corp.example'), await found('_')]).toEqual([
      1, 1, 5, 0,
    ]);
    expect((await directory.request('GET', '/api/users?cursor=x')).json()).toMatchObject({ code: 'invalid_cursor' });
  });

  it.each([
    ['GET', '/api/users', 'read'],
    ['GET', '/api/users/usr_x', 'read'],
    ['GET', '/api/users/usr_x/connectors', 'read'],
    ['POST', '/api/users', 'admin'],
    ['PATCH', '/api/users/usr_x', 'admin'],
    ['DELETE', '/api/users/usr_x', 'admin'],
    ['POST', '/api/users/usr_x/suspend', 'admin'],
    ['POST', '/api/users/usr_x/reactivate', 'admin'],
    ['PUT', '/api/users/usr_x/connectors/con_x', 'admin'],
    ['DELETE', '/api/users/usr_x/connectors/con_x', 'admin'],
    ['DELETE', '/api/users/usr_x/connectors/con_x/subject', 'admin'],
    ['POST', '/internal/users/usr_x/connectors/con_x/bind', 'admin'],
  ] as const)('ask of %s %s the right %s', async (method, url, right) => {
    expect((await directory.request(method, url, { as: 'nobody' })).statusCode).toBe(401);
    expect((await directory.request(method, url, { as: 'sessions:check' })).statusCode).toBe(403);
    expect((await directory.request(method, url, { as: 'read' })).statusCode === 403).toBe(right === 'admin');
    expect([401, 403]).not.toContain((await directory.request(method, url, { as: 'admin' })).statusCode);
  });
});
