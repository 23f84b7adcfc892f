import { type Profile, SAML, type SamlConfig } from '@node-saml/node-saml';
import type { PinnedCertificate } from './pinned-certificate.ts';

/** What verified: the canonical bytes, and by whose keys. */
export interface VerifiedBytes {
  /** The canonical form of the Response or of the Assertion, whichever signature is believed. */
  readonly xml: string;
  readonly signers: readonly PinnedCertificate[];
}

/**
 * node-saml as the signature layer alone: it finds the signed element, verifies it and hands out the verified bytes.
 * Its profile layer is replaced, because it takes what must be refused (a missing Destination, any issuer) and refuses
 * what is right (a second confirmation that is valid), and reads the system's clock.
 *
 * One is made for each document (some microseconds), from options and keys that are made once for each version of a
 * connector: what is believed and which key verified belong to the document.
 */
export class SignatureLayer extends SAML {
  readonly #certificates: readonly PinnedCertificate[];
  readonly #signers: (PinnedCertificate | undefined)[] = [];
  #verified: string | undefined;

  /** @param certificates in the order in which their keys shall be tried */
  constructor(options: SamlConfig, certificates: readonly PinnedCertificate[]) {
    super(options);
    this.#certificates = certificates;
  }

  /**
   * @param xml the document as the gate has read it
   * @returns undefined when node-saml ends without having verified anything
   * @throws Error of node-saml when a signature that is wanted does not verify
   */
  async verify(xml: string): Promise<VerifiedBytes | undefined> {
    await this.validatePostResponseAsync({ SAMLResponse: Buffer.from(xml, 'utf8').toString('base64') });
    const signers = this.#signers.filter((signer) => signer !== undefined);
    return this.#verified === undefined || signers.length === 0 ? undefined : { xml: this.#verified, signers };
  }

  /** node-saml walks through the keys until one verifies: the last that it took is the signer. */
  protected override async getKeyInfosAsPem(): Promise<string[]> {
    const keys = this.#certificates.map(({ publicKeyPem }) => publicKeyPem);
    const certificates = this.#certificates;
    const signers = this.#signers;
    Object.defineProperty(keys, Symbol.iterator, {
      value: function* () {
        const walk = signers.push(undefined) - 1;
        for (const certificate of certificates) {
          signers[walk] = certificate;
          yield certificate.publicKeyPem;
        }
        signers[walk] = undefined;
      },
    });
    return keys;
  }

  protected override async getSignedAssertion(signedXml: string): Promise<string | null> {
    this.#verified = signedXml;
    return signedXml;
  }

  protected override async processValidlySignedAssertionAsync(): Promise<{ profile: Profile; loggedOut: boolean }> {
    return { profile: { issuer: '', nameID: '', nameIDFormat: '' }, loggedOut: false };
  }
}
