import type { Rule } from '../rule.ts';
import type { SignerContext } from './context.ts';

/** What must hold for the pinned keys that verified. */
export const signerRules: readonly Rule<SignerContext>[] = [
  {
    name: 'key-strength',
    code: 'saml_algorithm_refused',
    source: 'NIST SP 800-131A rev. 2: RSA of 2048 bits, ECDSA on P-256, or more',
    run: ({ signers }) => {
      const weak = signers.find(({ details }) => details.problems.length > 0);
      return weak === undefined ? undefined : `${weak.details.fingerprint256}: ${weak.details.problems[0]?.message}`;
    },
  },
  {
    name: 'certificate-dates',
    code: 'saml_certificate_expired',
    source: 'RFC 5280 4.1.2.5, when the connector says so: a pinned key is trusted by itself, not by its dates',
    run: ({ signers, connector, now, clockSkewMs }) => {
      if (connector.expiredCertificate !== 'refuse') return undefined;
      const stale = signers.find(({ notBefore, notAfter }) => now > notAfter || now + clockSkewMs < notBefore);
      if (stale === undefined) return undefined;
      const { fingerprint256, notBefore, notAfter } = stale.details;
      return `${fingerprint256} is valid from ${notBefore} to ${notAfter}`;
    },
  },
];
