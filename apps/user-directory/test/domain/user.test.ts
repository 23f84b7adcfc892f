import { describe, expect, it } from 'vitest';
import {
  mostLinks,
  type UserAggregate,
  type UserChange,
  type UserCommand,
  userDefinition,
} from '../../src/domain/user.ts';

const given = (...changes: readonly UserChange[]) => {
  let state: UserAggregate | undefined;
  for (const [at, change] of changes.entries()) {
    state = userDefinition.evolve(state, change, {
      id: 'usr_1',
      version: at + 1,
      time: `2026-11-23T00:00:0${at % 10}.000Z`,
    });
  }
  return { state, when: (command: UserCommand) => userDefinition.decide(command, state) };
};

const created: UserChange = { type: 'user.created', content: { username: 'alice@corp.example', displayName: 'Alice' } };
const linked = (connectorId: string): UserChange => ({
  type: 'user.linked',
  connectorId,
  connectorReference: connectorId,
});
const bound = (connectorId: string, subjectDigest: string): UserChange => ({
  type: 'user.subject.bound',
  connectorId,
  subjectDigest,
});
const suspended: UserChange = { type: 'user.suspended' };
const bind = (connectorId: string, subjectDigest: string): UserCommand => ({
  type: 'bind',
  connectorId,
  subjectDigest,
});
const refused = (code: string) => expect.objectContaining({ code });

describe('a user', () => {
  it('given nothing, when anything but a creation is asked, then there is no such user', () => {
    const commands: readonly UserCommand[] = [
      { type: 'patch', content: {} },
      { type: 'suspend' },
      { type: 'delete' },
      { type: 'unlink', connectorId: 'con_1' },
      bind('con_1', 'd'),
    ];
    for (const command of commands) expect(() => given().when(command)).toThrow(refused('user_not_found'));
  });

  it('given a user, when patched, then the change names what differs', () => {
    expect(given(created).when({ type: 'patch', content: { displayName: 'A.' } })).toEqual([
      {
        type: 'user.updated',
        content: { username: 'alice@corp.example', displayName: 'A.' },
        changed: [{ path: '/displayName', before: 'Alice', after: 'A.' }],
      },
    ]);
    expect(given(created).when({ type: 'patch', content: { displayName: 'Alice' } })).toEqual([]);
  });

  it('given a link, when linked again, then nothing; when unlinked, then with the reference it was linked under', () => {
    const user = given(created, linked('con_1'));
    expect(user.when({ type: 'link', connectorId: 'con_1', connectorReference: 'renamed' })).toEqual([]);
    expect(user.when({ type: 'unlink', connectorId: 'con_1' })).toEqual([
      { type: 'user.unlinked', connectorId: 'con_1', connectorReference: 'con_1' },
    ]);
    expect(user.when({ type: 'unlink', connectorId: 'con_2' })).toEqual([]);
  });

  it('given as many links as there may be, when one more is asked, then it is refused', () => {
    const links = Array.from({ length: mostLinks }, (_, at) => linked(`con_${at}`));
    const one: UserCommand = { type: 'link', connectorId: 'con_more', connectorReference: 'more' };
    expect(() => given(created, ...links).when(one)).toThrow(refused('invalid_request'));
    expect(given(created, ...links.slice(1)).when(one)).toHaveLength(1);
  });

  it('given a link, when a subject is bound, then it is; the same again is nothing, another is refused', () => {
    expect(given(created, linked('con_1')).when(bind('con_1', 'd1'))).toEqual([bound('con_1', 'd1')]);
    const user = given(created, linked('con_1'), bound('con_1', 'd1'));
    expect(user.when(bind('con_1', 'd1'))).toEqual([]);
    expect(() => user.when(bind('con_1', 'd2'))).toThrow(refused('subject_already_bound'));
    expect(() => user.when(bind('con_2', 'd1'))).toThrow(refused('link_not_found'));
  });

  it('given a suspended user, when a subject is bound, even the same, then it is refused', () => {
    const user = given(created, linked('con_1'), bound('con_1', 'd1'), suspended);
    expect(() => user.when(bind('con_1', 'd1'))).toThrow(refused('user_not_active'));
  });

  it('frees one subject and leaves those of other links', () => {
    const freed: UserChange = { type: 'user.subject.freed', connectorId: 'con_1', reason: 'administrator' };
    const user = given(created, linked('con_1'), linked('con_2'), bound('con_1', 'd1'), bound('con_2', 'd2'));
    expect(user.when({ type: 'free', connectorId: 'con_1', reason: 'administrator' })).toEqual([freed]);
    const { state } = given(
      created,
      linked('con_1'),
      linked('con_2'),
      bound('con_1', 'd1'),
      bound('con_2', 'd2'),
      freed,
    );
    expect(state?.links.map(({ subjectDigest }) => subjectDigest)).toEqual([undefined, 'd2']);
    expect(() => user.when({ type: 'free', connectorId: 'con_3', reason: 'administrator' })).toThrow(
      refused('link_not_found'),
    );
    expect(user.when({ type: 'free', connectorId: 'con_3', reason: 'issuer_changed', ifLinked: true })).toEqual([]);
  });

  it('holds its username and its subjects against all others', () => {
    const { state } = given(created, linked('con_1'), linked('con_2'), bound('con_2', 'd2'));
    if (state === undefined) throw new Error('not created');
    expect(userDefinition.unique(state)).toEqual({ username: ['alice@corp.example'], subject: ['con_2:d2'] });
    expect(userDefinition.listing(state).filters).toEqual({
      status: 'active',
      'link:con_1': 'yes',
      'link:con_2': 'yes',
    });
  });
});
