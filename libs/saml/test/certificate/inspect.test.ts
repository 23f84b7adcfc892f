import { X509Certificate } from 'node:crypto';
import { makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import { describe, expect, it } from 'vitest';
import { CertificateRefusal, inspectCertificate, splitCertificates } from '../../src/index.ts';

const key = makeSigningKey();
const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2027-01-01T00:00:00Z');
const pem = makeSelfSignedCertificate({
  key,
  subject: { commonName: 'IdP', organization: 'Corp' },
  notBefore,
  notAfter,
});
const body = pem.replace(/-----[^-]+-----/g, '').trim();
const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

const faultOf = (pasted: string): string | undefined => {
  try {
    inspectCertificate(pasted);
    return undefined;
  } catch (error) {
    return error instanceof CertificateRefusal ? error.code : String(error);
  }
};

describe('a certificate', () => {
  it('is described', () => {
    expect(inspectCertificate(pem)).toEqual({
      pem,
      subject: 'O=Corp, CN=IdP',
      issuer: 'O=Corp, CN=IdP',
      fingerprint256: new X509Certificate(pem).fingerprint256,
      notBefore: '2026-01-01T00:00:00.000Z',
      notAfter: '2027-01-01T00:00:00.000Z',
      keyType: 'rsa',
      keyBits: 2_048,
      problems: [],
    });
  });

  it.each([
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['without a last line break', pem.trim()],
    ['on one line', `${begin}${body.replaceAll('\n', '')}${end}`],
    ['indented', pem.replaceAll('\n', '\n    ')],
    [
      'with a byte order mark and explanations around it',
      `\uFEFFBag Attributes\n    friendlyName: idp\n${pem}\nthat was it`,
    ],
  ])('%s is read as the same one, in standard form', (_how, pasted) => {
    expect(inspectCertificate(pasted).pem).toBe(pem);
  });

  it('is split from others', () => {
    const other = makeSelfSignedCertificate({ key, subject: { commonName: 'Other' } });
    expect(splitCertificates(`${pem}\r\n${other.trim()}${pem}`)).toEqual([pem, other, pem]);
  });
});

describe('keys', () => {
  it.each([
    ['ec-p256', 'ec', 256, 0],
    ['ec-p384', 'ec', 384, 0],
    ['rsa-3072', 'rsa', 3_072, 0],
    ['rsa-1024', 'rsa', 1_024, 1],
  ] as const)('%s', (type, keyType, keyBits, problems) => {
    const inspected = inspectCertificate(makeSelfSignedCertificate({ key: makeSigningKey(type) }));
    expect(inspected).toMatchObject({ keyType, keyBits });
    expect(inspected.problems).toHaveLength(problems);
  });

  it('a weak one is named with its size', () => {
    const { problems } = inspectCertificate(makeSelfSignedCertificate({ key: makeSigningKey('rsa-1024') }));
    expect(problems[0]).toMatchObject({ code: 'weak_key', message: expect.stringContaining('1024') });
  });
});

describe('what is no certificate', () => {
  it.each([
    ['empty', '  \n'],
    ['private_key', `${key.export({ type: 'pkcs8', format: 'pem' })}${pem}`],
    ['private_key', key.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['typographic_dashes', pem.replaceAll('-----', '–––––')],
    ['typographic_dashes', pem.replaceAll('-----', '—')],
    ['typographic_dashes', pem.replace(`${begin}`, '–––––BEGIN CERTIFICATE-----')],
    ['headers_missing', body],
    ['headers_missing', 'hello'],
    ['begin_missing', `${end}\n${body}\n${begin}`],
    ['end_missing', `${begin}\n${body}`],
    ['end_missing', `${begin}\n${pem}`],
    ['not_a_certificate', pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')],
    ['not_a_certificate', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['not_base64', pem.replace('MII', 'M!I')],
    ['not_base64', `${begin}\n${end}`],
    ['unreadable', `${begin}\n${Buffer.from('not DER at all').toString('base64')}\n${end}`],
    ['unreadable', `${begin}\n${body.split('\n').slice(0, 4).join('\n')}\n${end}`],
    ['several', pem + pem],
  ])('%s', (code, pasted) => {
    expect(faultOf(pasted)).toBe(code);
  });

  it('is refused without repeating what was pasted', () => {
    const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => inspectCertificate(privateKey)).toThrow(/Never give it to anybody/);
    expect(() => inspectCertificate(privateKey)).not.toThrow(privateKey.split('\n')[1]);
  });
});
