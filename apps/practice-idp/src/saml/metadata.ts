import { bindings, nameIdFormats, namespaces } from './names.ts';
import { escapeAttribute } from './render.ts';
import { certificateBase64 } from './signature.ts';

export interface IdpAddresses {
  readonly entityId: string;
  readonly ssoUrl: string;
}

export function addressesAt(baseUrl: string): IdpAddresses {
  return { entityId: `${baseUrl}/saml/metadata`, ssoUrl: `${baseUrl}/saml/sso` };
}

/** The metadata of the identity provider (SAML Metadata 2.4.3). */
export function renderMetadata(addresses: IdpAddresses, certificate: string): string {
  const entityId = escapeAttribute(addresses.entityId);
  const location = escapeAttribute(addresses.ssoUrl);
  const formats = Object.values(nameIdFormats).map((format) => `    <md:NameIDFormat>${format}</md:NameIDFormat>`);
  const endpoints = [bindings.redirect, bindings.post].map(
    (binding) => `    <md:SingleSignOnService Binding="${binding}" Location="${location}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${namespaces.metadata}" xmlns:ds="${namespaces.signature}" entityID="${entityId}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${namespaces.protocol}">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificateBase64(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
${formats.join('\n')}
${endpoints.join('\n')}
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
`;
}
