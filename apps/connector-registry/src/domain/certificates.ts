import {
  type CertificateDetail,
  connectorLimits,
  type ExpiredCertificatePolicy,
  type FieldError,
} from '@gatehouse/contracts';
import { type CertificateInspection, CertificateRefusal, inspectCertificate } from '@gatehouse/saml/certificates';

export interface ReadCertificates {
  /** PEM in its standard form. */
  readonly certificates: readonly string[];
  readonly details: readonly CertificateDetail[];
}

const { certificates: mostCertificates, certificateCharacters: mostCharacters } = connectorLimits;

type Inspected = { readonly inspection: CertificateInspection } | { readonly fault: string };

const inspect = (pasted: string): Inspected => {
  if (pasted.length > mostCharacters) return { fault: `must have at most ${mostCharacters} characters` };
  try {
    const inspection = inspectCertificate(pasted);
    const [problem] = inspection.problems;
    return problem === undefined ? { inspection } : { fault: problem.message };
  } catch (error) {
    if (error instanceof CertificateRefusal) return { fault: error.message };
    throw error;
  }
};

const detailOf = ({
  subject,
  issuer,
  fingerprint256,
  notBefore,
  notAfter,
}: CertificateInspection): CertificateDetail => ({
  subject,
  issuer,
  fingerprint256,
  notBefore,
  notAfter,
});

/**
 * Reads the pinned certificates of a connector, one to five.
 * @param pointer of the list, so that each fault stands at its own entry
 * @returns what could be read, and every fault
 */
export const readCertificates = (
  pasted: readonly string[],
  pointer: string,
): ReadCertificates & { readonly faults: readonly FieldError[] } => {
  if (pasted.length < 1 || pasted.length > mostCertificates) {
    return {
      certificates: [],
      details: [],
      faults: [{ pointer, message: `must hold 1 to ${mostCertificates} certificates` }],
    };
  }
  const faults: FieldError[] = [];
  const certificates: string[] = [];
  const details: CertificateDetail[] = [];
  const placeOf = new Map<string, number>();
  for (const [at, text] of pasted.entries()) {
    const inspected = inspect(text);
    if ('fault' in inspected) {
      faults.push({ pointer: `${pointer}/${at}`, message: inspected.fault });
      continue;
    }
    const { inspection } = inspected;
    const earlier = placeOf.get(inspection.fingerprint256);
    if (earlier !== undefined) {
      faults.push({ pointer: `${pointer}/${at}`, message: `is the same certificate as number ${earlier + 1}` });
      continue;
    }
    placeOf.set(inspection.fingerprint256, at);
    certificates.push(inspection.pem);
    details.push(detailOf(inspection));
  }
  return { certificates, details, faults };
};

/**
 * With the policy `refuse` a list of expired certificates could let nobody in; with `warn` a pinned key outlives its date.
 * @param at epoch milliseconds
 */
export const expiryFault = (
  details: readonly CertificateDetail[],
  policy: ExpiredCertificatePolicy,
  at: number,
): string | undefined => {
  if (policy !== 'refuse' || details.length === 0) return undefined;
  const allExpired = details.every(({ notAfter }) => Date.parse(notAfter) < at);
  return allExpired ? 'have all expired, and expiredCertificate says to refuse those: nobody could sign in' : undefined;
};
