import { describe, expect, it } from 'vitest';
import {
  checkEndpoint,
  checkIssuerUrl,
  checkName,
  checkNameIdFormat,
  checkReference,
} from '../../src/domain/fields.ts';

const faultOf = (checked: { value: string } | { fault: string }): string | undefined =>
  'fault' in checked ? checked.fault : undefined;

describe('a reference', () => {
  it.each(['a', 'corp', 'Corp_1.idp+x@y-z', 'x'.repeat(64), '...', 'callback1'])('may be %s', (given) => {
    expect(checkReference(given)).toEqual({ value: given });
  });

  it.each(['', 'x'.repeat(65), 'a b', ' corp', 'a/b', 'ü', 'a%20b', 'a#b', 'callback', 'CallBack', '.', '..'])(
    'may not be %j',
    (given) => {
      expect(faultOf(checkReference(given))).toBeDefined();
    },
  );

  it.each([
    ['\u2013', 'an en dash'],
    ['\u2014', 'an em dash'],
    ['\u2212', 'a minus sign'],
    ['\u2011', 'a non-breaking hyphen'],
    ['\u00ad', 'a soft hyphen'],
    ['\uff0d', 'a typographic dash'],
  ])('with %s pasted for a hyphen is told so', (dash, words) => {
    expect(faultOf(checkReference(`corp${dash}idp`))).toContain(words);
  });
});

describe('an issuer URL', () => {
  it.each([
    'https://idp.corp/saml',
    'http://www.okta.com/exk1fcia6d6EMsf331d8',
    'https://accounts.google.com/o/saml2?idpid=C03az79cb',
    'HTTPS://IDP.corp:8443/%7Ex;y=1',
    'urn:oasis:names:tc:SAML:2.0:idp',
    'urn:corp:idp/1',
    `https://idp/${'x'.repeat(1012)}`,
  ])('is kept byte for byte: %s', (given) => {
    expect(checkIssuerUrl(given)).toEqual({ value: given });
  });

  it.each([
    '',
    `https://idp/${'x'.repeat(1013)}`,
    'idp.corp',
    '/saml',
    'ftp://idp.corp/',
    'javascript:alert(1)',
    'https://',
    'https:///path',
    'https://idp corp/',
    ' https://idp.corp',
    'https://idp.corp/\n',
    'https://idp.corp/–',
    'urn:',
    'urn:corp',
    'https://idp.corp:port/',
  ])('is refused: %j', (given) => {
    expect(faultOf(checkIssuerUrl(given))).toBeDefined();
  });
});

describe('an endpoint', () => {
  it.each([
    'https://idp.corp/sso?tenant=1',
    'http://localhost:4000/sso',
    'http://127.0.0.1:4000/sso',
    'http://[::1]:4000/sso',
    'http://idp.localhost/sso',
  ])('may be %s', (given) => {
    expect(checkEndpoint(given)).toEqual({ value: given });
  });

  it.each([
    'http://idp.corp/sso',
    'http://127.0.0.1.evil.example/sso',
    'http://localhost.evil.example/',
    'https://user:secret@idp.corp/sso',
    'https://@idp.corp/sso',
    'https://idp.corp/sso#part',
    'https://idp.corp/sso#',
    'https:\\\\idp.corp',
    'https://idp.corp/a b',
    'urn:corp:idp',
    'javascript:alert(1)',
    '//idp.corp/sso',
    '',
    `https://idp/${'x'.repeat(2048)}`,
  ])('may not be %j', (given) => {
    expect(faultOf(checkEndpoint(given))).toBeDefined();
  });
});

describe('a name identifier format', () => {
  it.each([
    ['emailAddress', 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
    ['unspecified', 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'],
    ['persistent', 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    ['transient', 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'],
    ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    ['urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos', 'urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos'],
  ])('%s is %s', (given, urn) => {
    expect(checkNameIdFormat(given)).toEqual({ value: urn });
  });

  it.each([
    '',
    'email',
    'EMAILADDRESS',
    'toString',
    // Exists in SAML 1.1 only; a usual mistake.
    'urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress',
    'urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted',
  ])('may not be %j', (given) => {
    expect(faultOf(checkNameIdFormat(given))).toBeDefined();
  });
});

describe('a name', () => {
  it('loses the space around it', () => {
    expect(checkName('  Corp  ')).toEqual({ value: 'Corp' });
  });
  it.each(['', '   ', 'x'.repeat(201), 'two\nlines', 'nul\u0000'])('may not be %j', (given) => {
    expect(faultOf(checkName(given))).toBeDefined();
  });
});
