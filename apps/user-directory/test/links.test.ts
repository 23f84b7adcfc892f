import { factsTopic, subjectDigest, type User, type UserConnector, userStateTopic } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Directory, startDirectory } from './support/directory.ts';

const digestOf = (connectorId: string, subject: string, issuer = 'https://idp.corp/saml') =>
  subjectDigest({ connectorId, issuer, subject });

describe('links', () => {
  let directory: Directory;
  let con: string;
  beforeEach(async () => {
    directory = await startDirectory(createTestClock());
    con = directory.ids.id('connector');
  });
  afterEach(() => directory.stop());

  const create = async (username: string): Promise<string> => {
    const answer = await directory.request('POST', '/api/users', { body: { username } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<User>().id;
  };
  const link = (user: string, connector = con) =>
    directory.request('PUT', `/api/users/${user}/connectors/${connector}`);
  const unlink = (user: string, connector = con) =>
    directory.request('DELETE', `/api/users/${user}/connectors/${connector}`);
  const free = (user: string, connector = con) =>
    directory.request('DELETE', `/api/users/${user}/connectors/${connector}/subject`);
  const bind = (user: string, digest: string, connector = con) =>
    directory.request('POST', `/internal/users/${user}/connectors/${connector}/bind`, {
      body: { subjectDigest: digest },
    });
  const linksOf = async (user: string): Promise<readonly UserConnector[]> =>
    (await directory.request('GET', `/api/users/${user}/connectors`, { as: 'read' })).json().items;
  const factsOf = async () =>
    (await directory.published(factsTopic('user'))).flatMap(({ message }) =>
      message.kind === 'fact' ? [message.fact] : [],
    );

  it('are made to a connector that was published a moment ago, without waiting for it first', async () => {
    const user = await create('alice@corp.example');
    await directory.publishConnector(con, 1, { reference: 'corp', name: 'Corp' });
    const answer = await link(user);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({ etag: '"2"', 'gatehouse-version': '2', 'gatehouse-aggregate': user });
    expect(await linksOf(user)).toEqual([
      { connectorId: con, reference: 'corp', name: 'Corp', linkedAt: '2026-11-23T00:00:00.000Z', bound: false },
    ]);
  });

  it('are idempotent both ways', async () => {
    const user = await create('alice@corp.example');
    await directory.publishConnector(con, 1);
    const versions = [];
    for (const act of [link, link, unlink, unlink]) {
      const answer = await act(user);
      expect(answer.statusCode).toBe(204);
      versions.push(answer.headers['gatehouse-version']);
    }
    expect(versions).toEqual(['2', '2', '3', '3']);
    expect(await linksOf(user)).toEqual([]);
  });

  it('are not made to what does not exist', async () => {
    const user = await create('alice@corp.example');
    expect((await link(user)).json()).toMatchObject({ status: 404, code: 'connector_not_found' });
    expect((await unlink(user)).json()).toMatchObject({ status: 404, code: 'connector_not_found' });
    await directory.publishConnector(con, 1);
    expect((await link('usr_nobody')).json()).toMatchObject({ status: 404, code: 'user_not_found' });
    expect((await free(user)).json()).toMatchObject({ status: 404, code: 'link_not_found' });
    await directory.publishDeletion(con, 2);
    expect((await link(user)).json()).toMatchObject({ status: 404, code: 'connector_not_found' });
  });

  it('are answered 503, not 404, while nobody can tell whether the connector exists', async () => {
    const user = await create('alice@corp.example');
    directory.setFeedDown(true);
    expect((await link(user)).json()).toMatchObject({ status: 503, code: 'not_ready' });
  });

  it('are at most a hundred for one user', async () => {
    const user = await create('alice@corp.example');
    const connectors = Array.from({ length: 101 }, () => directory.ids.id('connector'));
    for (const connector of connectors) await directory.publishConnector(connector, 1);
    const answers = [];
    for (const connector of connectors) answers.push((await link(user, connector)).statusCode);
    expect(answers).toEqual([...Array.from({ length: 100 }, () => 204), 400]);
  });

  it('publish who was linked to what; the state carries digests and nothing that leads back to a subject', async () => {
    const user = await create('alice@corp.example');
    await directory.publishConnector(con, 1, { reference: 'corp' });
    await link(user);
    await bind(user, digestOf(con, 'subject-1'));
    await free(user);
    await unlink(user);
    const facts = await factsOf();
    const named = { userId: user, username: 'alice@corp.example', connectorId: con, connectorReference: 'corp' };
    expect(facts.slice(1).map(({ type, data }) => [type, data])).toEqual([
      ['user.linked', named],
      ['user.subject.bound', { userId: user, connectorId: con }],
      ['user.subject.freed', { userId: user, connectorId: con, reason: 'administrator' }],
      ['user.unlinked', named],
    ]);
    const states = (await directory.published(userStateTopic)).map(
      ({ record }) => JSON.parse(record.value ?? 'null').links,
    );
    const linkedAt = '2026-11-23T00:00:00.000Z';
    expect(states).toEqual([
      [],
      [{ connectorId: con, linkedAt }],
      [{ connectorId: con, linkedAt, subjectDigest: digestOf(con, 'subject-1') }],
      [{ connectorId: con, linkedAt }],
      [],
    ]);
  });

  describe('binding a subject', () => {
    let alice: string;
    let bob: string;
    beforeEach(async () => {
      [alice, bob] = [await create('alice@corp.example'), await create('bob@corp.example')];
      await directory.publishConnector(con, 1);
      await link(alice);
      await link(bob);
    });

    it('binds once; the same subject again is a success that changes nothing', async () => {
      const first = await bind(alice, digestOf(con, 's1'));
      expect(first.json()).toEqual({ version: 3, connectorId: con });
      const again = await bind(alice, digestOf(con, 's1'));
      expect([again.statusCode, again.json().version]).toEqual([200, 3]);
      expect((await linksOf(alice))[0]).toMatchObject({ bound: true });
    });

    it('is unique both ways', async () => {
      await bind(alice, digestOf(con, 's1'));
      expect((await bind(alice, digestOf(con, 's2'))).json()).toMatchObject({
        status: 409,
        code: 'subject_already_bound',
      });
      expect((await bind(bob, digestOf(con, 's1'))).json()).toMatchObject({
        status: 409,
        code: 'subject_already_bound',
      });
      expect((await bind(bob, digestOf(con, 's2'))).statusCode).toBe(200);
    });

    it('has one winner among rivals for one subject, and one among rivals for one link', async () => {
      const users = [alice, bob];
      for (let at = 0; at < 8; at++) {
        const user = await create(`rival${at}@corp.example`);
        await link(user);
        users.push(user);
      }
      const forSubject = await Promise.all(users.map((user) => bind(user, digestOf(con, 'wanted'))));
      expect(forSubject.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
      expect(forSubject.filter(({ statusCode }) => statusCode === 409)).toHaveLength(9);
      const carl = await create('carl@corp.example');
      await link(carl);
      const forLink = await Promise.all(Array.from({ length: 10 }, (_, at) => bind(carl, digestOf(con, `mine${at}`))));
      expect(forLink.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    });

    it.each(['free', 'unlink', 'delete the user'] as const)(
      'lets the subject go to another user once somebody did %s',
      async (how) => {
        await bind(alice, digestOf(con, 's1'));
        if (how === 'free') await free(alice);
        else if (how === 'unlink') await unlink(alice);
        else await directory.request('DELETE', `/api/users/${alice}`, { headers: { 'if-match': '*' } });
        expect((await bind(bob, digestOf(con, 's1'))).statusCode).toBe(200);
      },
    );

    it('keeps the binding when the username changes', async () => {
      await bind(alice, digestOf(con, 's1'));
      await directory.request('PATCH', `/api/users/${alice}`, {
        body: { username: 'new@corp.example' },
        headers: { 'if-match': '*' },
      });
      expect((await linksOf(alice))[0]).toMatchObject({ bound: true });
      expect((await bind(bob, digestOf(con, 's1'))).statusCode).toBe(409);
    });

    it('refuses suspended users, unknown users and users who are not linked', async () => {
      await directory.request('POST', `/api/users/${alice}/suspend`);
      expect((await bind(alice, digestOf(con, 's1'))).json()).toMatchObject({ status: 409, code: 'user_not_active' });
      expect((await bind('usr_x', digestOf(con, 's1'))).json()).toMatchObject({ status: 404, code: 'user_not_found' });
      await unlink(bob);
      expect((await bind(bob, digestOf(con, 's1'))).json()).toMatchObject({ status: 404, code: 'link_not_found' });
      expect((await bind(alice, 'short')).json()).toMatchObject({
        status: 400,
        errors: [{ pointer: '/subjectDigest' }],
      });
    });
  });

  describe('when a connector changes', () => {
    it('unlinks all users of a deleted one, of however many, and nobody else', async () => {
      const other = directory.ids.id('connector');
      await directory.publishConnector(con, 1);
      await directory.publishConnector(other, 1);
      const users: string[] = [];
      for (let at = 0; at < 230; at++) users.push(await create(`user${String(at).padStart(3, '0')}@corp.example`));
      for (const user of users) await link(user);
      const [first = ''] = users;
      await link(first, other);
      await bind(first, digestOf(con, 's1'));
      await directory.publishDeletion(con, 2);
      for (const user of users.slice(1)) expect(await linksOf(user)).toEqual([]);
      expect((await linksOf(first)).map(({ connectorId }) => connectorId)).toEqual([other]);
      const unlinked = (await factsOf()).filter(({ type }) => type === 'user.unlinked');
      expect(unlinked).toHaveLength(230);
      expect(unlinked[0]).toMatchObject({
        actor: 'system/user-directory',
        data: { connectorId: con, connectorReference: 'corp' },
      });
    });

    it('takes a tombstone whose deletion it never saw for the deletion', async () => {
      const user = await create('alice@corp.example');
      await directory.publishConnector(con, 4);
      await link(user);
      await directory.publishTombstone(con);
      expect(await linksOf(user)).toEqual([]);
      expect((await link(user)).json()).toMatchObject({ code: 'connector_not_found' });
    });

    it('frees the subjects of one whose issuer changed, and only then', async () => {
      const [alice, bob] = [await create('alice@corp.example'), await create('bob@corp.example')];
      await directory.publishConnector(con, 1);
      await link(alice);
      await link(bob);
      await bind(alice, digestOf(con, 's1'));
      await directory.publishConnector(con, 2, { name: 'New name' });
      await directory.caughtUp();
      expect((await linksOf(alice))[0]).toMatchObject({ name: 'New name', bound: true });
      await directory.publishConnector(con, 3, { issuerUrl: 'https://other.idp/' });
      await directory.caughtUp();
      expect((await linksOf(alice))[0]).toMatchObject({ bound: false });
      const freed = (await factsOf()).filter(({ type }) => type === 'user.subject.freed');
      expect(freed.map(({ data }) => data)).toEqual([{ userId: alice, connectorId: con, reason: 'issuer_changed' }]);
    });

    it('ignores states that are older than what it has seen', async () => {
      const user = await create('alice@corp.example');
      await directory.publishConnector(con, 3, { name: 'Three' });
      await link(user);
      await directory.publishConnector(con, 2, { name: 'Two', issuerUrl: 'https://older.idp/' });
      await directory.caughtUp();
      expect((await linksOf(user))[0]).toMatchObject({ name: 'Three' });
      await directory.publishDeletion(con, 4);
      await directory.publishConnector(con, 3, { name: 'Three' });
      await directory.caughtUp();
      expect((await link(user)).json()).toMatchObject({ code: 'connector_not_found' });
    });

    it('does the same once more without harm when its records come again', async () => {
      const user = await create('alice@corp.example');
      await directory.publishConnector(con, 1);
      await link(user);
      await directory.publishDeletion(con, 2);
      const before = (await factsOf()).length;
      await directory.publishDeletion(con, 2);
      expect(await factsOf()).toHaveLength(before);
    });
  });

  it('show the latest login, in whatever order the facts come', async () => {
    const user = await create('alice@corp.example');
    await directory.publishConnector(con, 1);
    await link(user);
    await directory.publishLogin(user, con, '2026-11-23T10:00:00.000Z');
    await directory.publishLogin(user, con, '2026-11-23T12:00:00.000Z');
    await directory.publishLogin(user, con, '2026-11-23T11:00:00.000Z');
    expect((await linksOf(user))[0]).toMatchObject({ lastLoginAt: '2026-11-23T12:00:00.000Z' });
    const read = await directory.request('GET', `/api/users/${user}`);
    expect(read.json()).toMatchObject({ version: 2 });
  });
});
