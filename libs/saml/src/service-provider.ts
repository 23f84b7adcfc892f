import { authnRequestUrl } from './authn-request.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { assertionRules } from './checks/assertion.ts';
import type { AssertionContext, Expected } from './checks/context.ts';
import { documentRules } from './checks/document.ts';
import { responseRules } from './checks/response.ts';
import { signatureRules } from './checks/signature.ts';
import { signerRules } from './checks/signer.ts';
import { confirmationRules, confirmSubject } from './checks/subject-confirmation.ts';
import { createGate, type GatedDocument, gateRuleNames } from './gate/gate.ts';
import { serviceProviderMetadata } from './metadata.ts';
import { SamlRefusal } from './refusal.ts';
import { enforce, without } from './rule.ts';
import type { SamlConnectorSettings, ServiceProviderOptions } from './settings.ts';
import { createSignatureVerifier, type SignatureVerifier } from './signature/signature-verifier.ts';
import { describeAssertion, type VerifiedAssertion } from './verified-assertion.ts';
import { attribute, isAssertion, isResponse, type XmlElement } from './xml/element.ts';
import { readXml } from './xml/read-xml.ts';

/** A response that has passed the gate. Nothing in it is believed yet. */
export interface AdmittedResponse extends GatedDocument {
  /** Which request it claims to answer. Unverified: good for finding an attempt, not for believing anything. */
  readonly inResponseTo: string | undefined;
}

export interface ServiceProvider {
  /** Our metadata as XML, made once. */
  metadata(): string;
  /**
   * The address that begins a login: an AuthnRequest by HTTP-Redirect.
   * @param attempt `requestId` an NCName nobody can guess, which becomes the request's ID; `relayState` opaque, at most
   *   80 bytes
   * @throws RangeError, TypeError when these are broken
   */
  begin(
    connector: SamlConnectorSettings,
    attempt: { readonly requestId: string; readonly relayState: string },
  ): Promise<{ readonly redirectUrl: string }>;
  /**
   * The cheap part, for everything that strangers post: base64, sizes, one streaming parse.
   * @throws SamlRefusal
   */
  admit(samlResponse: string): AdmittedResponse;
  /**
   * Everything: the gate unless it has been passed, every rule, the signature. Changes no state: claiming the
   * assertion's id and ending the attempt are the caller's.
   * @throws SamlRefusal with the code of the first rule that is broken; CertificateRefusal when a certificate of the
   *   connector cannot be read, which its registry excludes
   */
  finish(
    connector: SamlConnectorSettings,
    response: AdmittedResponse | string,
    attempt: { readonly requestId: string },
  ): Promise<VerifiedAssertion>;
}

const keptConnectors = 1_000;
const defaultClockSkewMs = 60_000;
const defaultMaxAssertionAgeMs = 300_000;

/** The names of all rules, in the order in which they run. */
export const ruleNames: readonly string[] = [
  ...gateRuleNames,
  ...[responseRules, documentRules, signatureRules, signerRules, confirmationRules, assertionRules].flatMap(
    (rules: readonly { readonly name: string }[]) => rules.map(({ name }) => name),
  ),
];

export const createServiceProvider = (options: ServiceProviderOptions): ServiceProvider => {
  const { clock, entityId, acsUrl } = options;
  const fixed = {
    entityId,
    acsUrl,
    clockSkewMs: options.clockSkewMs ?? defaultClockSkewMs,
    maxAssertionAgeMs: options.maxAssertionAgeMs ?? defaultMaxAssertionAgeMs,
  };
  const disabled = new Set(options.dangerouslyDisabledRules);
  const gate = createGate(options.limits, disabled);
  const rules = {
    response: without(responseRules, disabled),
    document: without(documentRules, disabled),
    signature: without(signatureRules, disabled),
    signer: without(signerRules, disabled),
    confirmation: without(confirmationRules, disabled),
    assertion: without(assertionRules, disabled),
  };
  const verifiers = createBoundedCache<SignatureVerifier>(keptConnectors);
  const metadata = serviceProviderMetadata(fixed);

  const admit = (samlResponse: string): AdmittedResponse => {
    const gated = gate(samlResponse);
    return { ...gated, inResponseTo: attribute(gated.document.root, 'InResponseTo') };
  };

  const verifySignature = async (admitted: AdmittedResponse, expected: Expected) => {
    const { connector, requestId } = expected;
    const key = `${connector.connectorId}:${connector.version}`;
    const verifier = verifiers.get(key, () => createSignatureVerifier(connector, fixed));
    const { xml, signers } = await verifier.verify(admitted, requestId);
    return { signed: readVerified(xml), signers };
  };

  return {
    metadata: () => metadata,

    async begin(connector, { requestId, relayState }) {
      const request = { requestId, relayState, issueInstant: clock.now(), entityId, acsUrl };
      return { redirectUrl: authnRequestUrl(connector, request) };
    },

    admit,

    async finish(connector, response, { requestId }) {
      const admitted = typeof response === 'string' ? admit(response) : response;
      const expected: Expected = { ...fixed, connector, requestId, now: clock.now() };
      const posted = { ...expected, document: admitted.document };
      enforce(rules.response, { ...expected, response: admitted.document.root });
      enforce(rules.document, posted);
      enforce(rules.signature, posted);

      const { signed, signers } = await verifySignature(admitted, expected);
      // From here on only verified bytes count. What has been checked as posted is checked again as signed, so that it
      // does not matter whether two parsers read one document alike.
      if (signed !== undefined && isResponse(signed)) enforce(rules.response, { ...expected, response: signed });
      enforce(rules.signer, { ...expected, signers });
      const context: AssertionContext = { ...expected, assertion: assertionIn(signed) };
      enforce(rules.assertion, context);
      const confirmation = confirmSubject(rules.confirmation, context);
      return describeAssertion(context, confirmation, signers);
    },
  };
};

const readVerified = (xml: string): XmlElement | undefined =>
  readXml(xml, {
    error: (cause) => {
      throw new SamlRefusal('saml_malformed', 'the verified bytes are not well-formed', { cause });
    },
  })?.root;

/** The assertion in verified bytes: they are it, or they are the response that holds it. */
const assertionIn = (signed: XmlElement | undefined): XmlElement => {
  const candidates = signed === undefined ? [] : isAssertion(signed) ? [signed] : signed.elements.filter(isAssertion);
  const [assertion, ...others] = candidates;
  if (assertion === undefined || others.length > 0) {
    throw new SamlRefusal('saml_assertion_count', 'the verified bytes do not hold exactly one assertion');
  }
  return assertion;
};
