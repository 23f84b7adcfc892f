import type { SamlConnectorSettings } from '../settings.ts';
import type { PinnedCertificate } from '../signature/pinned-certificate.ts';
import type { XmlDocument, XmlElement } from '../xml/element.ts';

/** What every rule may compare with. Instants and lengths of time are milliseconds. */
export interface Expected {
  readonly connector: SamlConnectorSettings;
  readonly entityId: string;
  readonly acsUrl: string;
  /** The ID of the AuthnRequest of the attempt that this response must answer. */
  readonly requestId: string;
  readonly now: number;
  readonly clockSkewMs: number;
  readonly maxAssertionAgeMs: number;
}

/** The response element: as posted, and once more as signed when its signature is the one believed. */
export interface ResponseContext extends Expected {
  readonly response: XmlElement;
}

/** The whole document as posted, before anything is verified. */
export interface DocumentContext extends Expected {
  readonly document: XmlDocument;
}

/** The assertion as its verified, canonical bytes say. */
export interface AssertionContext extends Expected {
  readonly assertion: XmlElement;
}

/** The pinned certificates whose keys verified: one, or two when response and assertion must both be signed. */
export interface SignerContext extends Expected {
  readonly signers: readonly PinnedCertificate[];
}
