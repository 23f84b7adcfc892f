/** 256 kB in lines of 32 signs that end in CRLF; those who break lines do it at 64 or 76. */
const mostLineBreaks = 16_384;

/**
 * The bytes of a base64 text that has exactly one reading: alphabet of RFC 4648 section 4, padded, no unused bits set, line
 * breaks between (many identity providers break lines at 76 characters, RFC 2045, which is no second reading).
 * Node's own decoder skips what it does not know, so that two readers could see two documents.
 */
export const decodeBase64 = (text: string): { readonly bytes: Buffer; readonly strict: boolean } => {
  const bytes = Buffer.from(text, 'base64');
  const groups = Math.ceil(bytes.length / 3);
  const lineBreaks = text.length - groups * 4;
  // A sign that was skipped leaves fewer bytes than the length promises, or another last group than these bytes have.
  const strict =
    groups > 0 &&
    // Node's decoder takes U+014A for the `J` that its low byte is.
    Buffer.byteLength(text) === text.length &&
    lineBreaks >= 0 &&
    lineBreaks <= mostLineBreaks &&
    lineBreaks === count(text, '\n', lineBreaks) + count(text, '\r', lineBreaks) &&
    !text.includes('-') &&
    !text.includes('_') &&
    lastGroup(text) === bytes.subarray((groups - 1) * 3).toString('base64');
  return { bytes, strict };
};

/** How often `sign` comes; counted no further than just over `limit`, and not at all when that is 0: most texts have none. */
const count = (text: string, sign: string, limit: number): number => {
  if (limit === 0) return 0;
  let found = 0;
  for (let at = text.indexOf(sign); at !== -1 && found <= limit; at = text.indexOf(sign, at + 1)) found++;
  return found;
};

/** The last four signs that are no line breaks. */
const lastGroup = (text: string): string => {
  let group = '';
  for (let at = text.length - 1; at >= 0 && group.length < 4; at--) {
    const sign = text.charAt(at);
    if (sign !== '\n' && sign !== '\r') group = sign + group;
  }
  return group;
};
