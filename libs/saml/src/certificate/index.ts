/**
 * Reading pasted certificates, apart from the service provider: the connector registry needs this and no XML.
 */
export { type CertificateFault, CertificateRefusal, certificateFaults } from './certificate-refusal.ts';
export { type CertificateInspection, type CertificateProblem, inspectCertificate } from './inspect.ts';
export { splitCertificates } from './pem.ts';
