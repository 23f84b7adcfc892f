/** RSA SignatureMethods that are believed (RFC 9231 section 2.3) and that the signature layer can verify. */
export const rsaMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
]);

/** ECDSA SignatureMethods that are believed, and the hash of each. */
export const ecdsaMethods: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512', 'sha512'],
]);

export const digestMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
]);

export const envelopedSignature = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** SAML Core 5.4.3, 5.4.4: exclusive canonicalization, with or without comments. */
export const canonicalizationMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
]);
