import { domainToASCII } from 'node:url';

/**
 * The one form in which an e-mail address is stored and compared: NFKC, lower case, domain by IDNA (UTS 46) in its
 * ASCII form. Two addresses with one canonical form are one user.
 * @returns undefined for what is no address: no or several `@`, white space, control or invisible signs, over 254 characters
 */
export const canonicalEmail = (input: string): string | undefined => {
  if (input.length > 1024 || !input.isWellFormed()) return undefined;
  const text = input.trim().normalize('NFKC').toLowerCase().normalize('NFKC');
  const at = text.indexOf('@');
  if (at < 1 || at !== text.lastIndexOf('@')) return undefined;
  const local = text.slice(0, at);
  const unicodeDomain = text.slice(at + 1);
  // domainToASCII parses as a URL does: it would cut at a slash, decode %2e and drop invisible signs.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(unicodeDomain)) return undefined;
  const domain = domainToASCII(unicodeDomain);
  // RFC 5321 4.1.2: dot-string of the local part, with the letters of RFC 6531; nothing quoted.
  if (!/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local))
    return undefined;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(domain)) return undefined;
  const email = `${local}@${domain}`;
  return Buffer.byteLength(local) <= 64 && email.length <= 254 ? email : undefined;
};
