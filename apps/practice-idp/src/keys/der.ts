/**
 * The little of DER (ITU-T X.690) that a certificate needs. Values are built inside out, each function returning
 * one complete tag-length-value.
 */

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function value(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => value(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => value(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => value(0x04, content);
export const utf8String = (text: string): Buffer => value(0x0c, Buffer.from(text, 'utf8'));
export const nothing = (): Buffer => value(0x05);
export const yes = (): Buffer => value(0x01, Buffer.from([0xff]));

/** Context-specific, constructed: `[number] EXPLICIT`. */
export const explicit = (number: number, content: Uint8Array): Buffer => value(0xa0 | number, content);

/** A bit string; `unusedBits` counts those at the end of the last octet. */
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  value(0x03, Buffer.from([unusedBits]), content);

/** A non-negative integer from its big-endian magnitude, in the shortest form that DER allows. */
export function integer(magnitude: Uint8Array): Buffer {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const shortest = magnitude.length === 0 ? Buffer.from([0]) : Buffer.from(magnitude.subarray(start));
  const signBitSet = ((shortest[0] ?? 0) & 0x80) !== 0;
  return signBitSet ? value(0x02, Buffer.from([0]), shortest) : value(0x02, shortest);
}

/** An object identifier from its dotted form, such as `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap(base128);
  return value(0x06, Buffer.from(octets));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return octets;
}

/** An instant, to the second: UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
export function time(instant: Date): Buffer {
  const digits = instant
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  const year = instant.getUTCFullYear();
  if (year >= 1950 && year < 2050) return value(0x17, Buffer.from(digits.slice(2), 'ascii'));
  return value(0x18, Buffer.from(digits, 'ascii'));
}
