import { nameIdFormats } from '@gatehouse/contracts';
import type { ServiceProviderOptions } from './settings.ts';
import { escapeXml } from './xml/escape.ts';

const formats = [nameIdFormats.emailAddress, nameIdFormats.persistent, nameIdFormats.unspecified];

/**
 * The service provider's metadata (SAML Metadata 2.4.4): who we are, where answers go, that assertions should be signed
 * and that our requests are not.
 */
export const serviceProviderMetadata = ({
  entityId,
  acsUrl,
}: Pick<ServiceProviderOptions, 'entityId' | 'acsUrl'>): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${escapeXml(entityId)}">`,
    '  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">',
    ...formats.map((format) => `    <md:NameIDFormat>${format}</md:NameIDFormat>`),
    `    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escapeXml(acsUrl)}" index="0" isDefault="true"/>`,
    '  </md:SPSSODescriptor>',
    '</md:EntityDescriptor>',
    '',
  ].join('\n');
