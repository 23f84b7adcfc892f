import { beforeAll, describe, expect, it } from 'vitest';
import { type FlawName, flawNames, flaws, makeResponseXml } from '../../../src/index.ts';
import { differences, goodOptions, makeSigner, type Signer, verifiedReferences } from '../../practice.ts';

/** All that tells each flawed document from a good one, signatures aside. */
const expectedDifferences: Partial<Record<FlawName, readonly string[]>> = {
  'wrong-destination': [
    '/Response/@Destination: http://localhost:3000/api/sso/login/callback → https://stranger.example/acs',
  ],
  'missing-destination': ['/Response/@Destination: http://localhost:3000/api/sso/login/callback → ∅'],
  'empty-destination': ['/Response/@Destination: http://localhost:3000/api/sso/login/callback → '],
  'destination-prefix': [
    '/Response/@Destination: http://localhost:3000/api/sso/login/callback → http://localhost:3000/api/sso/login/callback/more',
  ],
  'wrong-recipient': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@Recipient: http://localhost:3000/api/sso/login/callback → https://stranger.example/acs',
  ],
  'missing-recipient': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@Recipient: http://localhost:3000/api/sso/login/callback → ∅',
  ],
  'recipient-prefix': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@Recipient: http://localhost:3000/api/sso/login/callback → http://localhost:3000/api/sso/login/callback/more',
  ],
  'wrong-issuer-response': ['/Response/Issuer/text(): http://127.0.0.1:4000/saml/metadata → https://stranger.example'],
  'wrong-issuer-assertion': [
    '/Response/Assertion/Issuer/text(): http://127.0.0.1:4000/saml/metadata → https://stranger.example',
  ],
  'wrong-issuer': [
    '/Response/Issuer/text(): http://127.0.0.1:4000/saml/metadata → https://stranger.example',
    '/Response/Assertion/Issuer/text(): http://127.0.0.1:4000/saml/metadata → https://stranger.example',
  ],
  'missing-issuer-response': ['/Response/Issuer: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'missing-issuer-assertion': ['/Response/Assertion/Issuer: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'decorated-issuer-response': ['/Response/Issuer/comment(): ∅ →  '],
  'decorated-issuer-assertion': ['/Response/Assertion/Issuer/comment(): ∅ →  '],
  'foreign-namespace-issuer': ['/Response/Assertion/Issuer: urn:oasis:names:tc:SAML:2.0:assertion → urn:example:other'],
  'padded-issuer': [
    '/Response/Assertion/Issuer/text(): http://127.0.0.1:4000/saml/metadata →  http://127.0.0.1:4000/saml/metadata ',
  ],
  'status-failure-beside-signed-assertion': [
    '/Response/Status/StatusCode/@Value: urn:oasis:names:tc:SAML:2.0:status:Success → urn:oasis:names:tc:SAML:2.0:status:Responder',
  ],
  'status-success-below-failure': [
    '/Response/Status/StatusCode/@Value: urn:oasis:names:tc:SAML:2.0:status:Success → urn:oasis:names:tc:SAML:2.0:status:Requester',
    '/Response/Status/StatusCode/StatusCode: ∅ → urn:oasis:names:tc:SAML:2.0:protocol',
  ],
  'missing-status': ['/Response/Status: urn:oasis:names:tc:SAML:2.0:protocol → ∅'],
  'authentication-failed': [
    '/Response/Status/StatusCode/@Value: urn:oasis:names:tc:SAML:2.0:status:Success → urn:oasis:names:tc:SAML:2.0:status:Responder',
    '/Response/Assertion: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
    '/Response/Status/StatusCode/StatusCode: ∅ → urn:oasis:names:tc:SAML:2.0:protocol',
  ],
  'saml-1.1-version': ['/Response/@Version: 2.0 → 1.1'],
  'missing-version': ['/Response/@Version: 2.0 → ∅'],
  'assertion-saml-1.1-version': ['/Response/Assertion/@Version: 2.0 → 1.1'],
  'assertion-missing-version': ['/Response/Assertion/@Version: 2.0 → ∅'],
  'missing-issue-instant': ['/Response/@IssueInstant: 2026-11-23T12:00:00.000Z → ∅'],
  'assertion-missing-issue-instant': ['/Response/Assertion/@IssueInstant: 2026-11-23T12:00:00.000Z → ∅'],
  'future-issue-instant': ['/Response/@IssueInstant: 2026-11-23T12:00:00.000Z → 2026-11-23T12:10:00.000Z'],
  'assertion-future-issue-instant': [
    '/Response/Assertion/@IssueInstant: 2026-11-23T12:00:00.000Z → 2026-11-23T12:10:00.000Z',
  ],
  'date-without-zone': ['/Response/@IssueInstant: 2026-11-23T12:00:00.000Z → 2026-11-23T12:00:00.000'],
  'assertion-date-without-zone': [
    '/Response/Assertion/@IssueInstant: 2026-11-23T12:00:00.000Z → 2026-11-23T12:00:00.000',
  ],
  'issue-instant-not-a-date': ['/Response/@IssueInstant: 2026-11-23T12:00:00.000Z → yesterday'],
  'two-assertions': ['/Response/Assertion[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion'],
  'no-assertion': ['/Response/Assertion: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'no-subject': ['/Response/Assertion/Subject: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'two-subjects': ['/Response/Assertion/Subject[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion'],
  'no-name-id': ['/Response/Assertion/Subject/NameID: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'two-name-ids': [
    '/Response/Assertion/Subject/NameID/text(): alice@example.com → bob@example.com',
    '/Response/Assertion/Subject/NameID[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'empty-name-id': ['/Response/Assertion/Subject/NameID/text(): alice@example.com → ∅'],
  'blank-name-id': ['/Response/Assertion/Subject/NameID/text(): alice@example.com →  ⏎ '],
  'name-id-as-attribute': [
    '/Response/Assertion/Subject/NameID: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
    '/Response/Assertion/AttributeStatement/Attribute/@Name: email → nameID',
    '/Response/Assertion/AttributeStatement/Attribute/AttributeValue/text(): alice@example.com → bob@example.com',
  ],
  'foreign-namespace-name-id': [
    '/Response/Assertion/Subject/NameID: urn:oasis:names:tc:SAML:2.0:assertion → urn:example:other',
  ],
  'no-authn-statement': ['/Response/Assertion/AuthnStatement: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'two-authn-statements': ['/Response/Assertion/AuthnStatement[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion'],
  'no-subject-confirmation': [
    '/Response/Assertion/Subject/SubjectConfirmation: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
  ],
  'subject-confirmation-without-data': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
  ],
  'subject-confirmation-holder-of-key': [
    '/Response/Assertion/Subject/SubjectConfirmation/@Method: urn:oasis:names:tc:SAML:2.0:cm:bearer → urn:oasis:names:tc:SAML:2.0:cm:holder-of-key',
  ],
  'subject-confirmation-sender-vouches': [
    '/Response/Assertion/Subject/SubjectConfirmation/@Method: urn:oasis:names:tc:SAML:2.0:cm:bearer → urn:oasis:names:tc:SAML:2.0:cm:sender-vouches',
  ],
  'subject-confirmation-expired': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T11:50:00.000Z',
  ],
  'subject-confirmation-without-not-on-or-after': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → ∅',
  ],
  'subject-confirmation-with-not-before': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@NotBefore: ∅ → 2026-11-23T11:59:30.000Z',
  ],
  'subject-confirmation-wrong-in-response-to': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@InResponseTo: _request → _TcpxZTQu_C4wF4mCz4atJqEFoTA',
  ],
  'subject-confirmation-missing-in-response-to': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@InResponseTo: _request → ∅',
  ],
  'response-wrong-in-response-to': ['/Response/@InResponseTo: _request → _TcpxZTQu_C4wF4mCz4atJqEFoTA'],
  'response-missing-in-response-to': ['/Response/@InResponseTo: _request → ∅'],
  'confirmations-valid-only-together': [
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T11:50:00.000Z',
    '/Response/Assertion/Subject/SubjectConfirmation[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'second-confirmation-valid': [
    '/Response/Assertion/Subject/SubjectConfirmation/@Method: urn:oasis:names:tc:SAML:2.0:cm:bearer → urn:oasis:names:tc:SAML:2.0:cm:holder-of-key',
    '/Response/Assertion/Subject/SubjectConfirmation[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'comment-in-name-id': [
    '/Response/Assertion/Subject/NameID/text(): alice@example.com → bob@example.com.stranger.example',
    '/Response/Assertion/Subject/NameID/comment(): ∅ →  ',
  ],
  'transient-name-id': [
    '/Response/Assertion/Subject/NameID/@Format: urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress → urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
    '/Response/Assertion/Subject/NameID/text(): alice@example.com → _TcpxZTQu_C4wF4mCz4atJqEFoTA',
  ],
  'two-emails': [
    '/Response/Assertion/Subject/NameID/@Format: urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress → urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    '/Response/Assertion/Subject/NameID/text(): alice@example.com → _TcpxZTQu_C4wF4mCz4atJqEFoTA',
    '/Response/Assertion/AttributeStatement/Attribute/AttributeValue[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'no-email': [
    '/Response/Assertion/Subject/NameID/@Format: urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress → urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    '/Response/Assertion/Subject/NameID/text(): alice@example.com → _TcpxZTQu_C4wF4mCz4atJqEFoTA',
    '/Response/Assertion/AttributeStatement: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
  ],
  'no-conditions': ['/Response/Assertion/Conditions: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'two-conditions': ['/Response/Assertion/Conditions[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion'],
  'no-audience': ['/Response/Assertion/Conditions/AudienceRestriction: urn:oasis:names:tc:SAML:2.0:assertion → ∅'],
  'empty-audience-restriction': [
    '/Response/Assertion/Conditions/AudienceRestriction/Audience: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
  ],
  'wrong-audience': [
    '/Response/Assertion/Conditions/AudienceRestriction/Audience/text(): http://localhost:3000/api/saml/metadata → https://other.example/saml/metadata',
  ],
  'audience-prefix': [
    '/Response/Assertion/Conditions/AudienceRestriction/Audience/text(): http://localhost:3000/api/saml/metadata → http://localhost:3000/api/saml/metadata.stranger.example',
  ],
  'audience-shorter': [
    '/Response/Assertion/Conditions/AudienceRestriction/Audience/text(): http://localhost:3000/api/saml/metadata → http://localhost:3000/api/saml/metadat',
  ],
  'two-restrictions-one-wrong': [
    '/Response/Assertion/Conditions/AudienceRestriction[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'alternative-audiences': [
    '/Response/Assertion/Conditions/AudienceRestriction/Audience/text(): http://localhost:3000/api/saml/metadata → https://other.example/saml/metadata',
    '/Response/Assertion/Conditions/AudienceRestriction/Audience[2]: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  'conditions-expired': [
    '/Response/Assertion/Conditions/@NotBefore: 2026-11-23T11:59:30.000Z → 2026-11-23T11:45:00.000Z',
    '/Response/Assertion/Conditions/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T11:50:00.000Z',
  ],
  'conditions-not-yet': [
    '/Response/Assertion/Conditions/@NotBefore: 2026-11-23T11:59:30.000Z → 2026-11-23T12:10:00.000Z',
    '/Response/Assertion/Conditions/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T12:15:00.000Z',
  ],
  'conditions-without-not-on-or-after': ['/Response/Assertion/Conditions/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → ∅'],
  'conditions-date-without-zone': [
    '/Response/Assertion/Conditions/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T12:05:00.000',
  ],
  'long-fractional-seconds': [
    '/Response/Assertion/Conditions/@NotBefore: 2026-11-23T11:59:30.000Z → 2026-11-23T11:59:30.000123456789Z',
    '/Response/Assertion/Conditions/@NotOnOrAfter: 2026-11-23T12:05:00.000Z → 2026-11-23T12:05:00.000123456789Z',
  ],
  'session-over': [
    '/Response/Assertion/AuthnStatement/@SessionNotOnOrAfter: 2026-11-23T20:00:00.000Z → 2026-11-23T11:50:00.000Z',
  ],
  'session-date-without-zone': [
    '/Response/Assertion/AuthnStatement/@SessionNotOnOrAfter: 2026-11-23T20:00:00.000Z → 2026-11-23T13:00:00.000',
  ],
  'encrypted-assertion': [
    '/Response/Assertion: urn:oasis:names:tc:SAML:2.0:assertion → ∅',
    '/Response/EncryptedAssertion: ∅ → urn:oasis:names:tc:SAML:2.0:assertion',
  ],
  replayed: [],
  unsolicited: [
    '/Response/@InResponseTo: _request → ∅',
    '/Response/Assertion/Subject/SubjectConfirmation/SubjectConfirmationData/@InResponseTo: _request → ∅',
  ],
  'missing-assertion-id': ['/Response/Assertion/@ID: _BjQWtZy4EbXGX6Sywj5i270tW00 → ∅'],
};

const names = flawNames.filter((name) => ['content', 'flow'].includes(flaws[name].kind));

describe('flaws of content', () => {
  let signer: Signer;
  let good: string;

  beforeAll(() => {
    signer = makeSigner();
    good = makeResponseXml(goodOptions(signer));
  });

  it('are all in the table, and nothing else is', () => {
    expect(Object.keys(expectedDifferences).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s changes that and nothing else', (flaw) => {
    const flawed = makeResponseXml({ ...goodOptions(signer), flaw });
    expect(differences(good, flawed)).toEqual(expectedDifferences[flaw]);
  });

  it.each(names)('%s is signed by the true key', (flaw) => {
    const references = verifiedReferences(makeResponseXml({ ...goodOptions(signer), flaw }), signer.certificate);
    expect(references).not.toHaveLength(0);
    expect(references).not.toContain(undefined);
  });

  it.each(names)('%s is signed by nobody else', (flaw) => {
    const references = verifiedReferences(makeResponseXml({ ...goodOptions(signer), flaw }), otherCertificate());
    expect(references.filter((reference) => reference !== undefined)).toEqual([]);
  });
});

let other: Signer | undefined;

function otherCertificate(): string {
  other ??= makeSigner();
  return other.certificate;
}
