import { X509Certificate } from 'node:crypto';
import { type CertificateDetail, isoTime } from '@gatehouse/contracts';
import { Refusal } from './answers.ts';

/** @throws Refusal `invalid_request` at `pointer` for what is no certificate */
export const inspect = (pem: string, pointer = '/certificate'): CertificateDetail => {
  try {
    const certificate = new X509Certificate(pem);
    return {
      subject: certificate.subject.replaceAll('\n', ', '),
      issuer: certificate.issuer.replaceAll('\n', ', '),
      fingerprint256: certificate.fingerprint256,
      notBefore: isoTime(Date.parse(certificate.validFrom)),
      notAfter: isoTime(Date.parse(certificate.validTo)),
    };
  } catch {
    throw new Refusal('invalid_request', [{ pointer, message: 'is not an X.509 certificate in PEM form' }]);
  }
};
