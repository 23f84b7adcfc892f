import { X509Certificate } from 'node:crypto';
import { type CertificateInspection, inspectCertificate } from '../certificate/inspect.ts';

/** A certificate of the connector, parsed once. Its key is believed because it is pinned, not because of a chain. */
export interface PinnedCertificate {
  readonly details: CertificateInspection;
  /** SubjectPublicKeyInfo in PEM: what the signature layer verifies with. */
  readonly publicKeyPem: string;
  /** The DER form in base64, to find the certificate that a KeyInfo names. */
  readonly base64: string;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** @throws CertificateRefusal when it cannot be read, which the connector registry has already excluded */
export const pinCertificate = (pem: string): PinnedCertificate => {
  const details = inspectCertificate(pem);
  const certificate = new X509Certificate(details.pem);
  return {
    details,
    publicKeyPem: certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    base64: certificate.raw.toString('base64'),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
};
