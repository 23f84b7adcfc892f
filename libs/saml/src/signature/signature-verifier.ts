import { createHash } from 'node:crypto';
import { type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import type { GatedDocument } from '../gate/gate.ts';
import { SamlRefusal, shown } from '../refusal.ts';
import type { SamlConnectorSettings } from '../settings.ts';
import { children, isAssertion, namespaces, onlyChild, type XmlElement } from '../xml/element.ts';
import { ecdsaMethods } from './algorithms.ts';
import { type SignedPart, verifyEcdsa } from './ecdsa-layer.ts';
import { type PinnedCertificate, pinCertificate } from './pinned-certificate.ts';
import { signatureMethodOf, signatureOf } from './placement.ts';
import { SignatureLayer, type VerifiedBytes } from './signature-layer.ts';

const { signature: dsig } = namespaces;
const requestLifetimeMs = 600_000;

/** Verifies the signatures of one version of a connector. */
export interface SignatureVerifier {
  /**
   * @returns the verified bytes: those of the Response when it is signed, else those of the Assertion
   * @throws SamlRefusal `saml_unknown_key` when a signature does not verify and its KeyInfo names a certificate that is
   *   not pinned, else `saml_signature_invalid`
   */
  verify(gated: GatedDocument, requestId: string): Promise<VerifiedBytes>;
}

export interface SignatureVerifierOptions {
  readonly entityId: string;
  readonly acsUrl: string;
  readonly clockSkewMs: number;
  readonly maxAssertionAgeMs: number;
}

/** @throws CertificateRefusal when a certificate of the connector cannot be read */
export const createSignatureVerifier = (
  connector: SamlConnectorSettings,
  options: SignatureVerifierOptions,
): SignatureVerifier => {
  const certificates = connector.certificates.map(pinCertificate);
  const base = nodeSamlOptions(connector, options, certificates);

  const wantAssertion = connector.requireSignature === 'assertion' || connector.requireSignature === 'both';

  const verifyRsa = (
    gated: GatedDocument,
    requestId: string,
    wantResponse: boolean,
    keys: readonly PinnedCertificate[],
  ) =>
    new SignatureLayer(
      {
        ...base,
        // A signature of the Response that does not verify is never passed over in favour of another one.
        wantAuthnResponseSigned: wantResponse,
        wantAssertionsSigned: wantAssertion,
        cacheProvider: requestStub(requestId),
      },
      keys,
    ).verify(gated.text);

  return {
    async verify(gated, requestId) {
      const { root } = gated.document;
      const signatures = [signatureOf(root), signatureOf(root.elements.find(isAssertion))] as const;
      const [onResponse, onAssertion] = signatures;
      const believed = onResponse ?? onAssertion;
      const isEcdsa = ecdsaMethods.has(signatureMethodOf(believed) ?? '');
      const ofType = certificates.filter(({ details }) => details.keyType === (isEcdsa ? 'ec' : 'rsa'));
      const keys = likelyFirst(ofType, keyInfoCertificate(believed));
      const parts: readonly SignedPart[] = [
        ...(onResponse === undefined ? [] : (['Response'] as const)),
        ...(wantAssertion || onResponse === undefined ? (['Assertion'] as const) : []),
      ];
      let verified: VerifiedBytes | undefined;
      try {
        verified = isEcdsa
          ? verifyEcdsa(gated.text, parts, keys)
          : await verifyRsa(gated, requestId, onResponse !== undefined, keys);
      } catch (cause) {
        throw signatureRefusal(signatures, certificates, cause);
      }
      if (verified === undefined) {
        throw new SamlRefusal('saml_signature_invalid', 'nothing in the document is verified');
      }
      return verified;
    },
  };
};

/** Options that are not optional: node-saml's defaults check less, and sign by SHA-1. */
const nodeSamlOptions = (
  connector: SamlConnectorSettings,
  options: SignatureVerifierOptions,
  certificates: readonly PinnedCertificate[],
): SamlConfig => ({
  issuer: options.entityId,
  audience: options.entityId,
  callbackUrl: options.acsUrl,
  entryPoint: connector.endpoint,
  idpCert: certificates.map(({ details }) => details.pem),
  identifierFormat: connector.nameIdFormat,
  validateInResponseTo: ValidateInResponseTo.always,
  requestIdExpirationPeriodMs: requestLifetimeMs,
  acceptedClockSkewMs: options.clockSkewMs,
  maxAssertionAgeMs: options.maxAssertionAgeMs,
  signatureAlgorithm: 'sha256',
  digestAlgorithm: 'sha256',
  disableRequestedAuthnContext: true,
});

/** node-saml reads its store early and removes late, so it never sees the real one: this answers for one request. */
const requestStub = (requestId: string): NonNullable<SamlConfig['cacheProvider']> => ({
  saveAsync: async () => null,
  getAsync: async (key) => (key === requestId ? new Date().toISOString() : null),
  removeAsync: async () => null,
});

/** KeyInfo is a hint which pinned key to try first, never a key. */
const likelyFirst = (
  certificates: readonly PinnedCertificate[],
  hint: string | undefined,
): readonly PinnedCertificate[] => {
  const likely = certificates.find(({ base64 }) => base64 === hint);
  return likely === undefined ? certificates : [likely, ...certificates.filter((other) => other !== likely)];
};

const keyInfoCertificate = (signature: XmlElement | undefined): string | undefined => {
  const keyInfo = onlyChild(signature, dsig, 'KeyInfo');
  const data = children(keyInfo, dsig, 'X509Data')[0];
  return children(data, dsig, 'X509Certificate')[0]?.text.replace(/\s+/g, '');
};

const signatureRefusal = (
  signatures: readonly (XmlElement | undefined)[],
  certificates: readonly PinnedCertificate[],
  cause: unknown,
): SamlRefusal => {
  const named = signatures.map(keyInfoCertificate).filter((base64) => base64 !== undefined);
  const foreign = named.find((candidate) => !certificates.some(({ base64 }) => base64 === candidate));
  const pinned = certificates.map(({ details }) => details.fingerprint256).join(', ');
  if (foreign !== undefined) {
    return new SamlRefusal('saml_unknown_key', `expected a key of ${pinned}, seen ${fingerprint(foreign)}`, { cause });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new SamlRefusal('saml_signature_invalid', `no key of ${pinned} verifies it: ${shown(message)}`, { cause });
};

/** SHA-256 over the DER form, as browsers and identity providers show it. */
const fingerprint = (base64: string): string =>
  (createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex').toUpperCase().match(/../g) ?? []).join(':');
