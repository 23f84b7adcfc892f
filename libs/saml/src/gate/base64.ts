/**
 * The bytes of a base64 text that has exactly one reading: alphabet of RFC 4648 section 4, padded, no unused bits set.
 * Node's own decoder skips what it does not know, so that two readers could see two documents.
 * @param text without line breaks
 */
export const decodeBase64 = (text: string): { readonly bytes: Buffer; readonly strict: boolean } => {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const strict =
    text.length > 0 &&
    text.length % 4 === 0 &&
    bytes.length === (text.length / 4) * 3 - padding &&
    !text.includes('-') &&
    !text.includes('_') &&
    bytes.subarray(bytes.length - (3 - padding)).toString('base64') === text.slice(-4);
  return { bytes, strict };
};
