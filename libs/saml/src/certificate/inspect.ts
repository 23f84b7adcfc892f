import { X509Certificate } from 'node:crypto';
import { isoTime } from '@gatehouse/contracts';
import { CertificateRefusal } from './certificate-refusal.ts';
import { splitCertificates } from './pem.ts';

export interface CertificateProblem {
  readonly code: 'weak_key' | 'key_type_unsupported';
  readonly message: string;
}

/** What a person can compare with the identity provider's own page before he pins it. */
export interface CertificateInspection {
  /** The certificate alone, in standard form. */
  readonly pem: string;
  /** Distinguished name on one line, RFC 4514 order as the certificate has it. */
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 over the DER form: upper-case hexadecimal pairs with colons. */
  readonly fingerprint256: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** As node:crypto names it: `rsa`, `ec`, … */
  readonly keyType: string;
  /** Modulus of RSA, size of the curve; 0 when it is unknown. */
  readonly keyBits: number;
  /** Why a signature by this key would be refused. Dates are not among them: compare `notAfter` with the clock. */
  readonly problems: readonly CertificateProblem[];
}

const curveBits: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp256k1: 256,
  secp224r1: 224,
  prime192v1: 192,
};
const acceptedCurves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const minimalRsaBits = 2_048;

/**
 * Reads one pasted certificate (see `splitCertificates` for several).
 * @throws CertificateRefusal when it cannot be read; a weak key is no refusal but a problem
 */
export const inspectCertificate = (pasted: string): CertificateInspection => {
  const [pem, ...others] = splitCertificates(pasted);
  if (pem === undefined || others.length > 0) throw new CertificateRefusal('several');
  const certificate = readCertificate(pem);
  const keyType = certificate.publicKey.asymmetricKeyType ?? 'unknown';
  const { modulusLength, namedCurve } = certificate.publicKey.asymmetricKeyDetails ?? {};
  const keyBits = modulusLength ?? curveBits[namedCurve ?? ''] ?? 0;
  return {
    pem,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    fingerprint256: certificate.fingerprint256,
    notBefore: isoTime(certificate.validFromDate.getTime()),
    notAfter: isoTime(certificate.validToDate.getTime()),
    keyType,
    keyBits,
    problems: keyProblems(keyType, keyBits, namedCurve),
  };
};

const readCertificate = (pem: string): X509Certificate => {
  try {
    const certificate = new X509Certificate(pem);
    // Reading the key may fail on its own: a point off its curve, an unknown algorithm.
    void certificate.publicKey;
    return certificate;
  } catch (cause) {
    throw new CertificateRefusal('unreadable', cause);
  }
};

const keyProblems = (keyType: string, keyBits: number, curve: string | undefined): readonly CertificateProblem[] => {
  if (keyType === 'rsa') {
    if (keyBits >= minimalRsaBits) return [];
    return [{ code: 'weak_key', message: `The RSA key has ${keyBits} bits; at least ${minimalRsaBits} are needed.` }];
  }
  if (keyType === 'ec') {
    if (acceptedCurves.has(curve ?? '')) return [];
    return [
      {
        code: 'weak_key',
        message: `The curve ${curve ?? 'unknown'} is not accepted: P-256, P-384 or P-521 is needed.`,
      },
    ];
  }
  return [
    { code: 'key_type_unsupported', message: `A key of the type ${keyType} is not supported: RSA or ECDSA is needed.` },
  ];
};

const oneLine = (name: string | undefined): string => (name ?? '').split('\n').join(', ');
