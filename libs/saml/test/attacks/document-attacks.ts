import { makeResponseXml, type ResponseOptions } from '@gatehouse/practice-idp';
import { defaultGateLimits, type SamlRefusalCode } from '../../src/index.ts';
import { type AttackCase, type AttackClass, type AttackContext, base64, faultless } from './attack.ts';

type Edit = (xml: string) => string;

/** A genuine response, signed on the assertion alone, whose surroundings are edited afterwards. */
const around = (
  name: string,
  expectedCode: SamlRefusalCode,
  source: string,
  edit: Edit,
  attackClass: AttackClass = 'xml',
): AttackCase => ({
  name,
  class: attackClass,
  source,
  expectedCode,
  make: (context) => base64(edit(makeResponseXml({ ...faultless(context), sign: 'assertion' }))),
});

/** The same, edited as base64. */
const encoded = (name: string, expectedCode: SamlRefusalCode, source: string, edit: Edit): AttackCase => ({
  name,
  class: 'xml',
  source,
  expectedCode,
  make: (context) => edit(base64(makeResponseXml({ ...faultless(context), sign: 'assertion' }))),
});

const extending =
  (content: string, attributes = ''): Edit =>
  (xml) =>
    xml.replace('<samlp:Status>', () => `<samlp:Extensions${attributes}>${content}</samlp:Extensions><samlp:Status>`);

const quadratic = 'XPath in the signature layer takes time in the square of the elements';
const bodyLimit = 196_000;

const profile = (
  name: string,
  expectedCode: SamlRefusalCode,
  source: string,
  options: (context: AttackContext) => Partial<ResponseOptions>,
  attackClass: AttackClass = 'profile',
): AttackCase => ({
  name,
  class: attackClass,
  source,
  expectedCode,
  make: (context) => base64(makeResponseXml({ ...faultless(context), ...options(context) })),
});

const instant = (context: AttackContext, offsetMs: number): string =>
  new Date(context.clock.now() + offsetMs).toISOString();

/** Documents that must not get as far as a parser with a DOM, or that two parsers could read in two ways. */
export const documentAttacks: readonly AttackCase[] = [
  encoded(
    'base64-with-stranger-signs',
    'saml_malformed',
    'RFC 4648 section 3.3',
    (text) => `${text.slice(0, 40)}*${text.slice(40)}`,
  ),
  encoded(
    'base64-with-spaces',
    'saml_malformed',
    'RFC 4648 section 3.3',
    (text) => `${text.slice(0, 40)} ${text.slice(40)}`,
  ),
  encoded('base64url', 'saml_malformed', 'RFC 4648 section 5', (text) =>
    text.replace(/.$/s, '').replace(/^..../, 'PHN-'),
  ),
  encoded(
    'base64-after-padding',
    'saml_malformed',
    'RFC 4648 section 3.3',
    (text) => `${text.replace(/=+$/, '')}==AAAA`,
  ),
  encoded('empty-field', 'saml_malformed', 'SAML Bindings 3.5.4', () => ''),
  {
    name: 'not-utf8',
    class: 'xml',
    source: 'XML 1.0 section 4.3.3',
    expectedCode: 'saml_malformed',
    make: (context) => {
      const xml = extending('@@')(makeResponseXml({ ...faultless(context), sign: 'assertion' }));
      const bytes = Buffer.from(xml, 'utf8');
      return base64(bytes.fill(0xff, bytes.indexOf('@@'), bytes.indexOf('@@') + 1));
    },
  },
  {
    name: 'utf16',
    class: 'xml',
    source: 'XML 1.0 section 4.3.3',
    expectedCode: 'saml_malformed',
    make: (context) => base64(Buffer.from(`\uFEFF${makeResponseXml(faultless(context))}`, 'utf16le')),
  },
  around(
    'declared-latin1',
    'saml_malformed',
    'XML 1.0 section 4.3.3',
    (xml) => `<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`,
  ),
  around('xml-1.1', 'saml_malformed', 'XML 1.0 section 2.8', (xml) => `<?xml version="1.1"?>${xml}`),
  around(
    'lower-case-doctype',
    'saml_doctype',
    'lenient parsers',
    (xml) => `<!doctype x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml}`,
  ),
  around(
    'stylesheet-instruction',
    'saml_processing_instruction',
    'XSLT by instruction',
    (xml) => `<?xml-stylesheet href="x"?>${xml}`,
  ),
  around('undefined-entity', 'saml_malformed', 'XML 1.0 section 4.1', extending('&xxe;')),
  around('unbound-prefix', 'saml_malformed', 'Namespaces in XML 1.0 section 5', extending('<x:y></x:y>')),
  around('attribute-twice', 'saml_malformed', 'XML 1.0 section 3.1, attribute pollution', (xml) =>
    xml.replace(' Version="2.0"', ' Version="2.0" Destination="https://stranger.example"'),
  ),
  around('logout-response', 'saml_not_a_response', 'SAML Core 3.7.2: another message', (xml) =>
    xml.replaceAll('samlp:Response', 'samlp:LogoutResponse'),
  ),
  around('response-of-foreign-namespace', 'saml_not_a_response', 'SAML Core 3.3.3', (xml) =>
    xml.replace('SAML:2.0:protocol"', 'SAML:1.0:protocol"'),
  ),
  around(
    'bare-assertion',
    'saml_not_a_response',
    'SAML Core 3.3.3',
    (xml) => /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? '',
  ),
  around(
    'deep-within-the-element-limit',
    'saml_too_complex',
    quadratic,
    extending('<d>'.repeat(200) + '</d>'.repeat(200)),
    'denial-of-service',
  ),
  around(
    'just-too-wide',
    'saml_too_complex',
    quadratic,
    extending('<x/>'.repeat(defaultGateLimits.elements)),
    'denial-of-service',
  ),
  around(
    'wide-at-body-limit',
    'saml_too_complex',
    quadratic,
    extending('<x/>'.repeat(bodyLimit / 4 - 2_000)),
    'denial-of-service',
  ),
  around(
    'thirty-attributes',
    'saml_too_complex',
    quadratic,
    extending('', Array.from({ length: 30 }, (_, index) => ` a${index}="1"`).join('')),
    'denial-of-service',
  ),
  around(
    'attributes-in-all',
    'saml_too_complex',
    quadratic,
    extending(`<e ${Array.from({ length: 20 }, (_, index) => `a${index}=""`).join(' ')}/>`.repeat(120)),
    'denial-of-service',
  ),
  around(
    'namespaces-in-all',
    'saml_too_complex',
    'canonicalization carries every declaration along',
    extending(`<e ${Array.from({ length: 10 }, (_, index) => `xmlns:n${index}="urn:x"`).join(' ')}/>`.repeat(120)),
    'denial-of-service',
  ),
  around('comments', 'saml_too_complex', quadratic, extending('<!---->'.repeat(200)), 'denial-of-service'),
  around(
    'entity-references',
    'saml_too_complex',
    'time in the parser',
    extending('&amp;'.repeat(2_000)),
    'denial-of-service',
  ),
  around('long-text', 'saml_too_complex', 'time in the parser', extending('a'.repeat(150_000)), 'denial-of-service'),
  around(
    'much-text-in-pieces',
    'saml_too_complex',
    'time in the parser',
    extending(`<t>${'a'.repeat(20_000)}</t>`.repeat(5)),
    'denial-of-service',
  ),
  around(
    'long-attribute',
    'saml_too_complex',
    'time in the parser',
    extending('', ` a="${'a'.repeat(150_000)}"`),
    'denial-of-service',
  ),
  around('same-id-in-extensions', 'saml_assertion_id_invalid', 'SAML Core 5.4.2', (xml) =>
    extending('', ` ID="${/<saml:Assertion[^>]* ID="([^"]*)"/.exec(xml)?.[1] ?? ''}"`)(xml),
  ),
  around('same-id-under-another-name', 'saml_assertion_id_invalid', 'SAML Core 5.4.2', (xml) =>
    extending('', ` Id="${/<saml:Assertion[^>]* ID="([^"]*)"/.exec(xml)?.[1] ?? ''}"`)(xml),
  ),
  around(
    'assertion-of-foreign-namespace-beside',
    'saml_assertion_count',
    'CVE-2024-45409: look-alikes',
    extending('<x:Assertion xmlns:x="urn:x"></x:Assertion>'),
    'wrapping',
  ),
  around(
    'assertion-inside-status',
    'saml_assertion_count',
    'On Breaking SAML (2012)',
    (xml) => {
      const [assertion = ''] = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml) ?? [];
      return xml
        .replace(assertion, '')
        .replace('</samlp:Status>', () => `<samlp:StatusDetail>${assertion}</samlp:StatusDetail></samlp:Status>`);
    },
    'wrapping',
  ),
  around(
    'encrypted-beside-clear',
    'saml_encrypted_assertion',
    'SAML Core 2.3.4',
    extending('<saml:EncryptedAssertion></saml:EncryptedAssertion>'),
    'wrapping',
  ),
  around(
    'comment-in-unsigned-issuer',
    'saml_issuer_mismatch',
    'CVE-2017-11427',
    (xml) => xml.replace('</saml:Issuer>', '<!--x--></saml:Issuer>'),
    'identity',
  ),
];

/** What a response could say wrong that the practice identity provider has no flaw for. Truly signed. */
export const profileAttacks: readonly AttackCase[] = [
  profile('old-assertion', 'saml_assertion_too_old', 'SAML Profiles 4.1.4.5', (context) => ({
    assertion: { issueInstant: instant(context, -3_600_000) },
  })),
  profile('unknown-condition', 'saml_conditions_missing', 'SAML Core 2.5.1.1', (context) => ({
    assertion: {
      conditions: {
        element:
          `<saml:Conditions NotOnOrAfter="${instant(context, 300_000)}"><saml:AudienceRestriction><saml:Audience>` +
          `${context.audience}</saml:Audience></saml:AudienceRestriction><x:Only xmlns:x="urn:x"></x:Only></saml:Conditions>`,
      },
    },
  })),
  profile(
    'proxied-audience',
    'saml_audience_mismatch',
    'SAML Core 2.5.1.6: an audience of ProxyRestriction is none',
    (context) => ({
      assertion: {
        conditions: {
          element:
            `<saml:Conditions NotOnOrAfter="${instant(context, 300_000)}"><saml:ProxyRestriction><saml:Audience>` +
            `${context.audience}</saml:Audience></saml:ProxyRestriction></saml:Conditions>`,
        },
      },
    }),
  ),
  profile('issuer-of-persistent-format', 'saml_issuer_mismatch', 'SAML Core 2.2.5', (context) => ({
    assertion: {
      issuer: {
        element: `<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${context.issuer}</saml:Issuer>`,
      },
    },
  })),
  profile(
    'element-in-name-id',
    'saml_name_id_missing',
    'text around an element is read apart',
    ({ nameId, victim }) => ({
      subject: { nameId: { content: `${victim}<x:y xmlns:x="urn:x"></x:y>.${nameId}` } },
    }),
    'identity',
  ),
  profile(
    'comment-in-signed-name-id',
    'saml_comment_refused',
    'CVE-2017-11427, CVE-2018-0489',
    ({ nameId, victim }) => ({
      subject: { nameId: { content: `${victim}<!-- -->.${nameId.split('@')[1]}` } },
    }),
    'identity',
  ),
  profile(
    'comment-in-attribute-value',
    'saml_comment_refused',
    'CVE-2017-11427',
    ({ victim }) => ({
      nameId: 'opaque-1',
      nameIdFormat: 'persistent',
      attributes: [{ name: 'email', values: [{ content: `${victim}<!-- -->.evil.example` }] }],
    }),
    'identity',
  ),
  profile(
    'same-attribute-twice',
    'email_ambiguous',
    'attribute pollution',
    ({ nameId, victim }) => ({
      nameId: 'opaque-1',
      nameIdFormat: 'persistent',
      attributes: [
        { name: 'email', values: [nameId] },
        { name: 'email', values: [victim] },
      ],
    }),
    'identity',
  ),
  profile(
    'email-of-elements',
    'email_ambiguous',
    'attribute pollution',
    ({ victim }) => ({
      nameId: 'opaque-1',
      nameIdFormat: 'persistent',
      attributes: [{ name: 'email', values: [{ content: `<x:v xmlns:x="urn:x">${victim}</x:v>` }] }],
    }),
    'identity',
  ),
  profile('authn-instant-without-zone', 'saml_authn_statement_missing', 'SAML Core 2.7.2, 1.3.3', () => ({
    authnStatement: { authnInstant: '2026-01-01T00:00:00' },
  })),
  profile('february-thirtieth', 'saml_issue_instant_invalid', 'SAML Core 1.3.3', () => ({
    response: { issueInstant: '2026-02-30T00:00:00Z' },
  })),
  profile('recipient-by-case', 'saml_recipient_mismatch', 'SAML Profiles 4.1.4.2', ({ acsUrl }) => ({
    confirmation: { recipient: acsUrl.toUpperCase() },
  })),
  profile(
    'grafted-unsolicited-assertion',
    'saml_in_response_to_mismatch',
    'SAML Profiles 4.1.4.3: an unsolicited assertion in an answer to a live request',
    () => ({
      sign: 'assertion',
      confirmation: { inResponseTo: '_another-request' },
    }),
  ),
];
