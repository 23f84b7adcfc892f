import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Clock, createIds, type Ids, systemClock } from '@gatehouse/contracts';
import {
  bitString,
  explicit,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
  yes,
} from './der.ts';

/** `rsa-1024` is there to be refused. */
export type SigningKeyType = 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384';

/** A fresh private key; `createPublicKey(key)` gives the other half. RSA takes a tenth of a second or more. */
export function makeSigningKey(type: SigningKeyType = 'rsa-2048'): KeyObject {
  switch (type) {
    case 'ec-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ec-p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    default:
      return generateKeyPairSync('rsa', { modulusLength: Number(type.slice('rsa-'.length)) }).privateKey;
  }
}

export interface SelfSignedCertificateOptions {
  /** The private key, RSA or EC: it is certified and it signs. */
  readonly key: KeyObject;
  readonly subject?: { readonly commonName: string; readonly organization?: string };
  /** Default: an hour ago, so that a clock that lags a little does not refuse it. */
  readonly notBefore?: Date;
  /** Default: ten years after `notBefore`. */
  readonly notAfter?: Date;
  readonly clock?: Clock;
  readonly ids?: Pick<Ids, 'secret'>;
}

const hour = 3_600_000;
const tenYears = 3_652 * 24 * hour;

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
} as const;

/**
 * A self-signed X.509 v3 certificate (RFC 5280), signed with SHA-256.
 *
 * @returns the certificate as PEM, ending in a line break
 */
export function makeSelfSignedCertificate(options: SelfSignedCertificateOptions): string {
  const {
    key,
    subject = { commonName: 'Practice identity provider' },
    clock = systemClock,
    ids = createIds(),
  } = options;
  const notBefore = options.notBefore ?? new Date(clock.now() - hour);
  const notAfter = options.notAfter ?? new Date(notBefore.getTime() + tenYears);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const algorithm = signatureAlgorithm(key);
  const subjectName = name(subject);

  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serialNumber(ids)),
    algorithm,
    subjectName,
    sequence(time(notBefore), time(notAfter)),
    subjectName,
    publicKey,
    explicit(3, extensions(publicKey)),
  );
  const certificate = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, key)));
  return pem('CERTIFICATE', certificate);
}

function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ec') return sequence(objectIdentifier(oid.ecdsaWithSha256));
  return sequence(objectIdentifier(oid.sha256WithRsa), nothing());
}

function name(subject: { readonly commonName: string; readonly organization?: string }): Buffer {
  const attribute = (type: string, text: string) => set(sequence(objectIdentifier(type), utf8String(text)));
  const commonName = attribute(oid.commonName, subject.commonName);
  if (subject.organization === undefined) return sequence(commonName);
  return sequence(attribute(oid.organization, subject.organization), commonName);
}

/** Positive and at most 20 octets long (RFC 5280 section 4.1.2.2). */
function serialNumber(ids: Pick<Ids, 'secret'>): Uint8Array {
  const octets = Buffer.from(ids.secret(16), 'base64url');
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets;
}

function extensions(publicKey: Uint8Array): Buffer {
  const extension = (type: string, content: Uint8Array, ...critical: readonly Uint8Array[]) =>
    sequence(objectIdentifier(type), ...critical, octetString(content));
  const keyIdentifier = createHash('sha1').update(publicKey).digest();
  const digitalSignature = bitString(Buffer.from([0x80]), 7);
  return sequence(
    extension(oid.basicConstraints, sequence(), yes()),
    extension(oid.keyUsage, digitalSignature, yes()),
    extension(oid.subjectKeyIdentifier, octetString(keyIdentifier)),
  );
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
