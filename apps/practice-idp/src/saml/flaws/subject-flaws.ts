import { type Draft, instant, override, overrideAssertion } from '../draft.ts';
import { confirmationMethods } from '../names.ts';
import { type AssertionParts, type ConfirmationParts, omitted, type SubjectParts } from '../parts.ts';
import { escapeText } from '../render.ts';
import { xmlId } from '../xml-id.ts';
import { content, odd, type Scene } from './flaw.ts';

/** Who it is about: assertions, subjects, names, confirmations, authentication statements, attributes. */
export const subjectFlaws = {
  'two-assertions': content('exactly-one', 'Two good assertions, for two people', (draft, scene) => {
    const assertions = draft.response.assertions.flatMap((assertion) => [assertion, forVictim(assertion, scene)]);
    return override(draft, { response: { assertions } });
  }),
  'no-assertion': content('exactly-one', 'Success without an assertion', (draft) =>
    override(draft, { response: { assertions: [] } }),
  ),
  'no-subject': content('exactly-one', 'No Subject', (draft) => override(draft, { assertion: { subject: omitted } })),
  'two-subjects': content('exactly-one', 'Two Subjects', (draft, scene) =>
    override(draft, { assertion: { trailer: `<saml:Subject>${nameId(scene.victim)}</saml:Subject>` } }),
  ),
  'no-name-id': content('exactly-one', 'A Subject without NameID', (draft) =>
    override(draft, { subject: { nameId: omitted } }),
  ),
  'two-name-ids': content('exactly-one', 'Two NameIDs in the Subject', (draft, scene) =>
    override(draft, { subject: { nameId: { element: nameId(scene.victim) + nameId(scene.statement.nameId) } } }),
  ),
  'empty-name-id': content('exactly-one', 'The NameID is empty', (draft) =>
    override(draft, { subject: { nameId: '' } }),
  ),
  'blank-name-id': content('exactly-one', 'The NameID is white space', (draft) =>
    override(draft, { subject: { nameId: ' \n ' } }),
  ),
  'name-id-as-attribute': content('exactly-one', 'No NameID, but an attribute called nameID', (draft, scene) =>
    override(draft, {
      subject: { nameId: omitted },
      assertion: { attributes: [{ name: 'nameID', values: [scene.victim] }] },
    }),
  ),
  'foreign-namespace-name-id': content('exactly-one', 'The NameID is of another namespace', (draft, scene) => {
    const element = `<other:NameID xmlns:other="urn:example:other" Format="${emailAddress}">${escapeText(scene.statement.nameId)}</other:NameID>`;
    return override(draft, { subject: { nameId: { element } } });
  }),
  'no-authn-statement': content('exactly-one', 'No AuthnStatement', (draft) =>
    override(draft, { assertion: { authnStatements: [] } }),
  ),
  'two-authn-statements': content('exactly-one', 'Two AuthnStatements', (draft) => {
    const assertions = draft.response.assertions.map((assertion) => ({
      ...assertion,
      authnStatements: [...assertion.authnStatements, ...assertion.authnStatements],
    }));
    return override(draft, { response: { assertions } });
  }),

  'no-subject-confirmation': content('subject-confirmation', 'No SubjectConfirmation', (draft) =>
    override(draft, { subject: { confirmations: [] } }),
  ),
  'subject-confirmation-without-data': content('subject-confirmation', 'A bearer confirmation without data', (draft) =>
    override(draft, { confirmation: { data: omitted } }),
  ),
  'subject-confirmation-holder-of-key': content('subject-confirmation', 'The method is holder-of-key', (draft) =>
    override(draft, { confirmation: { method: confirmationMethods.holderOfKey } }),
  ),
  'subject-confirmation-sender-vouches': content('subject-confirmation', 'The method is sender-vouches', (draft) =>
    override(draft, { confirmation: { method: confirmationMethods.senderVouches } }),
  ),
  'subject-confirmation-expired': content('subject-confirmation', 'NotOnOrAfter is ten minutes ago', (draft, scene) =>
    override(draft, { confirmation: { notOnOrAfter: instant(scene.now, -600) } }),
  ),
  'subject-confirmation-without-not-on-or-after': content('subject-confirmation', 'No NotOnOrAfter', (draft) =>
    override(draft, { confirmation: { notOnOrAfter: omitted } }),
  ),
  'subject-confirmation-with-not-before': content(
    'subject-confirmation',
    'A NotBefore, which is forbidden',
    (draft, scene) => override(draft, { confirmation: { notBefore: instant(scene.now, -30) } }),
  ),
  'subject-confirmation-wrong-in-response-to': content(
    'subject-confirmation',
    'It answers another request',
    (draft, scene) => override(draft, { confirmation: { inResponseTo: xmlId(scene.ids) } }),
  ),
  'subject-confirmation-missing-in-response-to': content(
    'subject-confirmation',
    'It answers no request, though the response does',
    (draft) => override(draft, { confirmation: { inResponseTo: omitted } }),
  ),
  'response-wrong-in-response-to': content(
    'subject-confirmation',
    'The response answers another request',
    (draft, scene) => override(draft, { response: { inResponseTo: xmlId(scene.ids) } }),
  ),
  'response-missing-in-response-to': content(
    'subject-confirmation',
    'The response answers no request, though the confirmation does',
    (draft) => override(draft, { response: { inResponseTo: omitted } }),
  ),
  'confirmations-valid-only-together': content(
    'subject-confirmation',
    'Two confirmations, each wrong in its own way',
    (draft, scene) =>
      withConfirmations(draft, (good) => [
        { ...good, notOnOrAfter: instant(scene.now, -600) },
        { ...good, recipient: 'https://stranger.example/acs' },
      ]),
  ),
  'second-confirmation-valid': odd('subject-confirmation', 'Two confirmations, the second is good', (draft) =>
    withConfirmations(draft, (good) => [{ ...good, method: confirmationMethods.holderOfKey }, good]),
  ),

  'comment-in-name-id': content('identity', 'A comment cuts the NameID short to somebody else', (draft, scene) =>
    override(draft, { subject: { nameId: { content: `${escapeText(scene.victim)}<!-- -->.stranger.example` } } }),
  ),
  'transient-name-id': content('identity', 'A transient NameID, which is no subject', (draft, scene) =>
    override(draft, {
      subject: { nameId: xmlId(scene.ids), nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' },
    }),
  ),
  'two-emails': content('identity', 'A NameID without address and two e-mail attributes', (draft, scene) =>
    opaque(draft, scene, [scene.statement.nameId, scene.victim]),
  ),
  'no-email': content('identity', 'Neither the NameID nor an attribute is an e-mail address', (draft, scene) =>
    opaque(draft, scene, []),
  ),
};

const emailAddress = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

function nameId(text: string): string {
  return `<saml:NameID Format="${emailAddress}">${escapeText(text)}</saml:NameID>`;
}

/** The same assertion about somebody else, under an ID of its own. */
export function forVictim(assertion: AssertionParts, scene: Scene): AssertionParts {
  return overrideAssertion(assertion, {
    assertion: { id: xmlId(scene.ids), attributes: [{ name: 'email', values: [scene.victim] }] },
    subject: { nameId: scene.victim },
  });
}

function withConfirmations(draft: Draft, change: (good: ConfirmationParts) => SubjectParts['confirmations']): Draft {
  const subjects = draft.response.assertions.map((assertion) => assertion.subject);
  const confirmations = subjects.flatMap((subject) =>
    typeof subject === 'object' && 'confirmations' in subject ? subject.confirmations.flatMap(change) : [],
  );
  return override(draft, { subject: { confirmations } });
}

/** A persistent NameID that says nothing, and these e-mail addresses as values of one attribute. */
function opaque(draft: Draft, scene: Scene, emails: readonly string[]): Draft {
  return override(draft, {
    subject: { nameId: xmlId(scene.ids), nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
    assertion: { attributes: emails.length === 0 ? [] : [{ name: 'email', values: emails }] },
  });
}
