import { deflateRawSync } from 'node:zlib';
import type { SamlConnectorSettings } from './settings.ts';
import { escapeXml } from './xml/escape.ts';

const maxRelayStateBytes = 80;

export interface AuthnRequest {
  /** The ID of the request, an NCName: what `InResponseTo` must bring back. */
  readonly requestId: string;
  /** Opaque to everybody but us, at most 80 bytes (SAML Bindings 3.4.3). */
  readonly relayState: string;
  /** Epoch milliseconds. */
  readonly issueInstant: number;
  readonly entityId: string;
  readonly acsUrl: string;
}

/**
 * The address that sends the browser to the identity provider with an AuthnRequest (SAML Core 3.4.1) by HTTP-Redirect
 * (SAML Bindings 3.4.4.1). No authentication context is asked for: an exact one breaks identity providers that have
 * used more than a password.
 * @throws RangeError when RelayState is longer than 80 bytes; TypeError when the ID is no NCName
 */
export const authnRequestUrl = (connector: SamlConnectorSettings, request: AuthnRequest): string => {
  if (Buffer.byteLength(request.relayState) > maxRelayStateBytes)
    throw new RangeError('RelayState is longer than 80 bytes');
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(request.requestId)) throw new TypeError('the request ID is not an NCName');
  const deflated = deflateRawSync(Buffer.from(authnRequestXml(connector, request), 'utf8')).toString('base64');
  const query = new URLSearchParams({ SAMLRequest: deflated, RelayState: request.relayState });
  const [endpoint = ''] = connector.endpoint.split('#', 1);
  return `${endpoint}${endpoint.includes('?') ? '&' : '?'}${query}`;
};

const authnRequestXml = (connector: SamlConnectorSettings, request: AuthnRequest): string =>
  `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${request.requestId}" Version="2.0"` +
  ` IssueInstant="${new Date(request.issueInstant).toISOString()}" Destination="${escapeXml(connector.endpoint)}"` +
  ` ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"` +
  ` AssertionConsumerServiceURL="${escapeXml(request.acsUrl)}">` +
  `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${escapeXml(request.entityId)}</saml:Issuer>` +
  `<samlp:NameIDPolicy AllowCreate="true" Format="${escapeXml(connector.nameIdFormat)}"/></samlp:AuthnRequest>`;
