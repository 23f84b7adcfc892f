import { connectorLimits, isPlainLine, nameIdFormats, referencePattern } from '@gatehouse/contracts';

/** What a field's check makes of a text: the value to keep, or what is wrong with it, as it is shown at the field. */
export type Checked<Value = string> = { readonly value: Value } | { readonly fault: string };

const fault = (words: string): { readonly fault: string } => ({ fault: words });

export const checkName = (given: string): Checked => {
  const name = given.trim();
  if (name.length < 1 || name.length > connectorLimits.name)
    return fault(`must have 1 to ${connectorLimits.name} characters`);
  return isPlainLine(name) ? { value: name } : fault('must be one line without control characters');
};

/** Dashes that word processors and web pages put where a hyphen was meant; U+00AD and U+2011 even look like one. */
const typographicDash = /[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/;
const dashNames: Readonly<Record<string, string>> = {
  '\u00ad': 'a soft hyphen',
  '\u2010': 'a typographic hyphen',
  '\u2011': 'a non-breaking hyphen',
  '\u2012': 'a figure dash',
  '\u2013': 'an en dash',
  '\u2014': 'an em dash',
  '\u2015': 'a horizontal bar',
  '\u2212': 'a minus sign',
};
const reference = new RegExp(referencePattern);
/** `callback` is an address of the gateway's own; a browser resolves the other two away. Compared in lower case. */
const reservedReferences = new Set(['callback', '.', '..']);

export const checkReference = (given: string): Checked => {
  const [dash] = typographicDash.exec(given) ?? [];
  if (dash !== undefined) {
    return fault(
      `has ${dashNames[dash] ?? 'a typographic dash'} (${dash}) where a plain hyphen (-) belongs: type it instead of pasting it`,
    );
  }
  if (given.length < 1 || given.length > 64) return fault('must have 1 to 64 characters');
  if (!reference.test(given)) return fault('may have letters, digits and _ . + - @ only');
  return reservedReferences.has(given.toLowerCase())
    ? fault(`"${given}" is reserved, choose another`)
    : { value: given };
};

// RFC 3986 2: the characters of a URI; whatever else stands in one was pasted by mistake.
const uriCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const urn = /^urn:[a-z0-9][a-z0-9-]{0,31}:./i;
const web = /^https?:\/\/[^/?#]/i;

/** The identity provider's entity ID, kept and compared byte for byte (SAML Core 8.3.6). */
export const checkIssuerUrl = (given: string): Checked => {
  const most = connectorLimits.issuerUrl;
  if (given.length < 1 || given.length > most) return fault(`must have 1 to ${most} characters`);
  if (given.trim() !== given) return fault('begins or ends with a space');
  if (!uriCharacters.test(given)) return fault('has a character that cannot stand in an address');
  const isUri = urn.test(given) || (web.test(given) && URL.canParse(given));
  return isUri ? { value: given } : fault('must be an absolute address that begins with https://, http:// or urn:');
};

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(\.\d{1,3}){3}$/.test(hostname);

/** Where browsers are sent to sign in. Credentials or a fragment in it would end up in their history. */
export const checkEndpoint = (given: string): Checked => {
  const most = connectorLimits.endpoint;
  if (given.length < 1 || given.length > most) return fault(`must have 1 to ${most} characters`);
  if (given.trim() !== given) return fault('begins or ends with a space');
  if (!uriCharacters.test(given)) return fault('has a character that cannot stand in an address');
  if (!web.test(given) || !URL.canParse(given)) return fault('must be an address that begins with https://');
  const { protocol, hostname } = new URL(given);
  const [, authority = ''] = /^https?:\/\/([^/?#]*)/i.exec(given) ?? [];
  if (authority.includes('@')) return fault('must not hold a name or a password');
  if (given.includes('#')) return fault('must not have a fragment (#…)');
  if (protocol === 'http:' && !isLoopback(hostname))
    return fault('must begin with https:// (http:// only for this machine itself)');
  return { value: given };
};

/** SAML Core 8.3.1 to 8.3.8, but for `encrypted`, which asks for what is not supported. */
const nameIdFormatUrns = new Set<string>([
  ...Object.values(nameIdFormats),
  'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:entity',
]);

/** A short name becomes its URN. */
export const checkNameIdFormat = (given: string): Checked => {
  const urnOfName = Object.entries(nameIdFormats).find(([name]) => name === given)?.[1];
  if (urnOfName !== undefined) return { value: urnOfName };
  if (nameIdFormatUrns.has(given)) return { value: given };
  return fault(`must be ${Object.keys(nameIdFormats).join(', ')} or the URN of a SAML name identifier format`);
};
