import { type Connector, createIds, type User } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { denySubjects } from '@gatehouse/login-state';
import { describe, expect, it } from 'vitest';
import { type Candidate, candidateChecks, runChecks } from '../../src/login/checks.ts';
import { findUser } from '../../src/login/find-user.ts';
import type { KnownUser } from '../../src/projection/known.ts';
import type { Projection } from '../../src/projection/projection.ts';

const ids = createIds(createTestClock());
const connectorId = ids.id('connector');
const userId = ids.id('user');
const digest = 'd'.repeat(43);

const known = (subjectDigest: string | undefined, status: User['status'] = 'active'): KnownUser => ({
  id: userId,
  version: 1,
  user: {
    id: userId,
    username: 'alice@example.com',
    displayName: '',
    status,
    version: 1,
    createdAt: '',
    updatedAt: '',
  },
  links: new Map([[connectorId, { subjectDigest }]]),
});
const connector = (enabled: boolean) => ({
  id: connectorId,
  version: 1,
  // Only what is looked at.
  connector: { enabled } as Connector,
  saml: undefined,
});
const good: Candidate = {
  connectorId,
  connector: connector(true),
  verifiedBy: 1,
  user: known(digest),
  userId,
  digest,
  mayBeUnbound: false,
  denied: new Set(),
};

describe('a candidate', () => {
  it('of whom everything is right passes', () => {
    expect(() => runChecks(candidateChecks, good)).not.toThrow();
    expect(() => runChecks(candidateChecks, { ...good, user: known(undefined), mayBeUnbound: true })).not.toThrow();
  });

  it.each<readonly [string, Partial<Candidate>, string]>([
    ['the connector was disabled', { connector: connector(false) }, 'connector_unavailable'],
    ['the connector is gone', { connector: undefined }, 'connector_unavailable'],
    ['the connector is denied', { denied: new Set([denySubjects.connector(connectorId)]) }, 'connector_unavailable'],
    ['the connector was changed while the answer was verified', { verifiedBy: 2 }, 'connector_unavailable'],
    ['the user is gone', { user: undefined }, 'user_unknown'],
    ['the user is suspended', { user: known(digest, 'suspended') }, 'user_not_active'],
    ['the user is denied', { denied: new Set([denySubjects.user(userId)]) }, 'user_not_active'],
    ['the link is gone', { user: { ...known(digest), links: new Map() } }, 'user_not_linked'],
    ['the link is denied', { denied: new Set([denySubjects.link(userId, connectorId)]) }, 'user_not_linked'],
    ['the link is of another subject', { user: known('e'.repeat(43)) }, 'subject_mismatch'],
    [
      'the link is of another subject meanwhile',
      { user: known('e'.repeat(43)), mayBeUnbound: true },
      'subject_mismatch',
    ],
    ['the link was freed meanwhile', { user: known(undefined) }, 'subject_mismatch'],
    ['a transient NameID meets a bound link', { digest: undefined, mayBeUnbound: true }, 'subject_mismatch'],
  ])('is refused when %s', (_name, change, code) => {
    expect(() => runChecks(candidateChecks, { ...good, ...change })).toThrow(expect.objectContaining({ code }));
  });

  it.each(candidateChecks.map(({ name }) => name))('could pass who must not, were it not for %s', (name) => {
    const rest = candidateChecks.filter((check) => check.name !== name);
    const wrong: Readonly<Record<string, Partial<Candidate>>> = {
      'connector-is-usable': { connector: connector(false) },
      'connector-is-as-verified': { verifiedBy: 2 },
      'user-is-active': { user: known(digest, 'suspended') },
      'user-is-linked': { denied: new Set([denySubjects.link(userId, connectorId)]) },
      'subject-is-the-bound-one': { user: known('e'.repeat(43)) },
    };
    const candidate = { ...good, ...wrong[name] };
    expect(() => runChecks(candidateChecks, candidate)).toThrow();
    expect(() => runChecks(rest, candidate)).not.toThrow();
  });
});

describe('finding a user', () => {
  const projection = (bound: readonly KnownUser[], named: KnownUser | undefined): Projection =>
    ({ usersBySubject: () => bound, userByUsername: () => named }) as unknown as Projection;
  const subject = { value: 's', format: 'f' } as never;
  const assertion = { issuer: 'i', subject, emails: ['alice@example.com'] };

  it('by e-mail ends at a link that has a subject', () => {
    const find = () => findUser(projection([], known(digest)), connectorId, assertion);
    expect(find).toThrow(expect.objectContaining({ code: 'subject_mismatch' }));
  });

  it('by subject ends when two have it', () => {
    const find = () => findUser(projection([known(digest), known(digest)], undefined), connectorId, assertion);
    expect(find).toThrow(expect.objectContaining({ code: 'subject_taken' }));
  });

  it('binds nothing for a transient NameID', () => {
    const found = findUser(projection([], known(undefined)), connectorId, { ...assertion, subject: undefined });
    expect(found).toMatchObject({ digest: undefined, mustBind: false });
  });
});
