import { canonicalEmail, subjectDigest } from '@gatehouse/contracts';
import type { VerifiedAssertion } from '@gatehouse/saml';
import type { KnownUser } from '../projection/known.ts';
import type { Projection } from '../projection/projection.ts';
import { LoginRefusal } from './login-refusal.ts';

/** The user whom an assertion names. */
export interface FoundUser {
  readonly user: KnownUser;
  /** Digest of the subject that the assertion names; undefined for a transient NameID. */
  readonly digest: string | undefined;
  /** Whether the link has no subject yet, so that this sign-in must bind it. */
  readonly mustBind: boolean;
}

type Assertion = Pick<VerifiedAssertion, 'issuer' | 'subject' | 'emails'>;

const digestOf = (connectorId: string, { issuer, subject }: Assertion): string | undefined => {
  if (subject === undefined) return undefined;
  const { value, format, nameQualifier, spNameQualifier } = subject;
  return subjectDigest({ connectorId, issuer, subject: value, format, nameQualifier, spNameQualifier });
};

/**
 * Whether the part before the `@` is spelt as it is kept, but for case. `ｂob@` and `bob@` may be two mailboxes of the identity
 * provider, and the first of them to come would be bound to Bob. Of a domain all spellings are one name (UTS 46).
 */
const isPlainlySpelt = (email: string): boolean => {
  const local = email.trim().split('@', 1)[0] ?? '';
  const plain = local.normalize('NFKC');
  return local === plain || local === plain.normalize('NFD');
};

const byEmail = (projection: Projection, connectorId: string, { emails }: Assertion): KnownUser => {
  const [email, ...others] = emails;
  if (others.length > 0) throw new LoginRefusal('email_ambiguous');
  const username = email !== undefined && isPlainlySpelt(email) ? canonicalEmail(email) : undefined;
  if (username === undefined) {
    throw new LoginRefusal(
      'email_missing',
      email === undefined ? undefined : 'what was given is no e-mail address, or is spelt with look-alike signs',
    );
  }
  const user = projection.userByUsername(username);
  if (user === undefined) throw new LoginRefusal('user_unknown', `e-mail ${username}`);
  const link = user.links.get(connectorId);
  if (link === undefined) throw new LoginRefusal('user_not_linked', `e-mail ${username}`);
  // Whoever was bound once comes by his subject: an e-mail address alone never moves an account.
  if (link.subjectDigest !== undefined) throw new LoginRefusal('subject_mismatch', `e-mail ${username}`);
  return user;
};

/**
 * Finds the user: the one bound to this (connector, issuer, subject) first; else, through a link that has no subject yet, the
 * one whose username is the e-mail address given.
 *
 * A transient NameID (SAML Core 8.3.8) names nobody the next time, so it is no subject and binds nothing: its user is found
 * by e-mail at every sign-in, and only while his link has no subject. If it could also open a bound link, anybody who gets
 * his identity provider to say the right e-mail address could step around the binding by asking for another format.
 * @throws LoginRefusal `subject_taken`, `email_missing`, `email_ambiguous`, `user_unknown`, `user_not_linked`,
 * `subject_mismatch`
 */
export const findUser = (projection: Projection, connectorId: string, assertion: Assertion): FoundUser => {
  const digest = digestOf(connectorId, assertion);
  const bound = digest === undefined ? [] : projection.usersBySubject(connectorId, digest);
  // Only while the events of two users overtake each other, and then nobody can say whose the subject is.
  if (bound.length > 1) throw new LoginRefusal('subject_taken', 'two users have this subject at the moment');
  if (bound[0] !== undefined) return { user: bound[0], digest, mustBind: false };
  return { user: byEmail(projection, connectorId, assertion), digest, mustBind: digest !== undefined };
};
