import { CertificateRefusal } from './certificate-refusal.ts';

const boundary = /-----(BEGIN|END) ([^-\r\n]{0,64})-----/g;
const typographicBoundary = /[\u2010-\u2015\u2212]\s*(?:BEGIN|END) |(?:BEGIN|END) [A-Z0-9 ]{1,40}[\u2010-\u2015\u2212]/;
const label = 'CERTIFICATE';

/**
 * Splits what a person pasted into certificates in their standard form (RFC 7468: LF, 64 characters a line). Takes CRLF,
 * missing line breaks and text around the blocks; says what is wrong with everything else.
 * @throws CertificateRefusal with a message for that person
 */
export const splitCertificates = (pasted: string): readonly string[] => {
  const text = pasted.replace(/^\uFEFF/, '').trim();
  if (text === '') throw new CertificateRefusal('empty');
  if (/PRIVATE KEY/.test(text)) throw new CertificateRefusal('private_key');
  if (typographicBoundary.test(text)) throw new CertificateRefusal('typographic_dashes');
  const bodies = bodiesOf(text);
  if (bodies.length === 0) throw new CertificateRefusal('headers_missing');
  return bodies.map(standardForm);
};

const bodiesOf = (text: string): readonly string[] => {
  const bodies: string[] = [];
  let begun: number | undefined;
  for (const match of text.matchAll(boundary)) {
    const [whole, kind, name] = match;
    if (name?.trim() !== label) throw new CertificateRefusal('not_a_certificate');
    if (kind === 'BEGIN') {
      if (begun !== undefined) throw new CertificateRefusal('end_missing');
      begun = match.index + whole.length;
      continue;
    }
    if (begun === undefined) throw new CertificateRefusal('begin_missing');
    bodies.push(text.slice(begun, match.index));
    begun = undefined;
  }
  if (begun !== undefined) throw new CertificateRefusal('end_missing');
  return bodies;
};

const standardForm = (body: string): string => {
  const base64 = body.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) throw new CertificateRefusal('not_base64');
  return `-----BEGIN ${label}-----\n${base64.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;
};
