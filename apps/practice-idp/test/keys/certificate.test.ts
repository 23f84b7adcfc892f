import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeSelfSignedCertificate, makeSigningKey } from '../../src/index.ts';
import { clock, repeatableIds } from '../practice.ts';

describe('makeSelfSignedCertificate', () => {
  it.each(['rsa-1024', 'rsa-2048', 'ec-p256', 'ec-p384'] as const)(
    'certifies a key of type %s with its own signature',
    (type) => {
      const key = makeSigningKey(type);
      const certificate = new X509Certificate(makeSelfSignedCertificate({ key }));
      expect(certificate.verify(createPublicKey(key))).toBe(true);
      expect(certificate.verify(createPublicKey(makeSigningKey(type)))).toBe(false);
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(certificate.issuer).toBe(certificate.subject);
      expect(certificate.ca).toBe(false);
    },
  );

  it('says what it was asked to say', () => {
    const certificate = new X509Certificate(
      makeSelfSignedCertificate({
        key: makeSigningKey('ec-p256'),
        subject: { commonName: 'Prüfstand', organization: 'Beispiel' },
        notBefore: new Date('2020-02-29T01:02:03Z'),
        notAfter: new Date('2051-01-01T00:00:00Z'),
      }),
    );
    expect(certificate.subject.split('\n')).toEqual(['O=Beispiel', 'CN=Prüfstand']);
    expect(certificate.validFromDate.toISOString()).toBe('2020-02-29T01:02:03.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2051-01-01T00:00:00.000Z');
  });

  it('is valid from an hour ago for ten years', () => {
    const key = makeSigningKey('ec-p256');
    const certificate = new X509Certificate(makeSelfSignedCertificate({ key, clock, ids: repeatableIds() }));
    expect(certificate.validFromDate.toISOString()).toBe('2026-11-23T11:00:00.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2036-11-22T11:00:00.000Z');
  });

  it('has a serial number of its own, positive and of 16 octets', () => {
    const key = makeSigningKey('ec-p256');
    const serials = [1, 2].map(() => new X509Certificate(makeSelfSignedCertificate({ key })).serialNumber);
    expect(serials[0]).not.toBe(serials[1]);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('breaks its lines as PEM does', () => {
    const lines = makeSelfSignedCertificate({ key: makeSigningKey('ec-p256') }).split('\n');
    expect(lines[0]).toBe('-----BEGIN CERTIFICATE-----');
    expect(lines.slice(-2)).toEqual(['-----END CERTIFICATE-----', '']);
    expect(Math.max(...lines.map((line) => line.length))).toBe(64);
  });
});
