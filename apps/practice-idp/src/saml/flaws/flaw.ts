import type { Ids } from '@gatehouse/contracts';
import type { Built } from '../build.ts';
import type { Draft, Statement } from '../draft.ts';

/** The rules that a service provider must hold a response against, and where each comes from. */
export const rules = {
  'destination-and-recipient': 'Destination and Recipient are the service that was called (SAML Profiles 4.1.4.2)',
  issuer: 'Response and assertion name the issuer that was agreed (SAML Profiles 4.1.4.2)',
  status: 'The status is Success (SAML Core 3.2.2.2)',
  'version-and-instant': 'Version 2.0, issued in the past (SAML Core 1.3.3, 2.3.3, 3.2.2)',
  'exactly-one': 'One assertion, subject, NameID and authentication statement (SAML Profiles 4.1.4.2)',
  'subject-confirmation': 'A bearer confirmation, in time, for this request (SAML Profiles 4.1.4.2)',
  conditions: 'Meant for this audience, in time (SAML Core 2.5.1)',
  session: 'The session at the identity provider is not over (SAML Core 2.7.2)',
  'once-only': 'An assertion is used once, and answers a request (SAML Profiles 4.1.4.5)',
  algorithms: 'Strong algorithms and keys only (XML Signature 1.1, section 6)',
  'pinned-key': 'Signed by a key of the identity provider, not by one that the document brings (SAML Core 5.4)',
  'signed-part': 'Only what the signature covers is believed (SAML Core 5.4.2)',
  xml: 'Plain, bounded XML without document type or processing instructions',
  encryption: 'Encrypted assertions are opened only where that was agreed (SAML Core 2.3.4)',
  identity: 'One e-mail address, and a subject that lasts (SAML Core 8.3)',
} as const;

export type RuleName = keyof typeof rules;

/** What surrounds a response that is being spoilt. */
export interface Scene {
  readonly statement: Statement;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly ids: Pick<Ids, 'secret'>;
  /** Whom a forged part names. */
  readonly victim: string;
}

/**
 * One way in which an identity provider, or somebody who plays one, misbehaves.
 *
 * A `content` flaw is correctly signed, so that only the rule that it stands for can refuse it. `flow` flaws have a
 * faultless document: what is wrong is when or how often it is sent.
 */
export interface Flaw {
  readonly description: string;
  readonly rule: RuleName;
  readonly kind: 'content' | 'signature' | 'wrapping' | 'document' | 'flow';
  /** `accepted` marks the odd but right ones, which a rule must not refuse. */
  readonly expected: 'refused' | 'accepted';
  /** Spoils the parts before they are signed. */
  readonly draft?: (draft: Draft, scene: Scene) => Draft;
  /** Spoils the signed document. */
  readonly document?: (built: Built, scene: Scene) => string;
}

type DraftChange = NonNullable<Flaw['draft']>;

/** A wrong value under a right signature. */
export function content(rule: RuleName, description: string, draft: DraftChange) {
  return { rule, description, kind: 'content', expected: 'refused', draft } as const satisfies Flaw;
}

/** An unusual value under a right signature, which is to be accepted. */
export function odd(rule: RuleName, description: string, draft: DraftChange) {
  return { rule, description, kind: 'content', expected: 'accepted', draft } as const satisfies Flaw;
}
