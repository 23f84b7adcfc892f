import { ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

/** What an identity provider's page posts: SAML Bindings 3.5.4. */
export interface PostedAnswer {
  readonly samlResponse: string;
  /** Absent when the identity provider answers nothing that we asked. */
  readonly relayState: string | undefined;
}

/** Room for a response of 256 kB in base64 and its percent-encoding; the gate measures the response itself. */
export const answerBodyLimit = 416 * 1024;

/** More fields than any identity provider posts. */
const mostFields = 32;
const fieldNames = ['SAMLResponse', 'RelayState'] as const;
type FieldName = (typeof fieldNames)[number];
/** Of the longest name, every character of it percent-encoded. */
const longestName = 3 * Math.max(...fieldNames.map((name) => name.length));

const ampersand = 0x26;
const equals = 0x3d;
const percent = 0x25;
const plus = 0x2b;
const space = 0x20;

/** Forms only, in this scope: what is not one never reaches the route. */
export const takeForms = (scope: FastifyInstance): void => {
  scope.removeAllContentTypeParsers();
  // As bytes: most of a large body is base64, which needs no decoding.
  scope.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
};

/** The value of a hexadecimal digit; -1 of anything else. */
const hexValue = (byte = 0): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

/** What a name or value of a form says: `+` is a space, `%` and two digits a byte, the bytes are UTF-8 (URL Standard 5.1). */
const decodeComponent = (bytes: Buffer): string => {
  const marks = [bytes.indexOf(percent), bytes.indexOf(plus)].filter((at) => at >= 0);
  if (marks.length === 0) return bytes.toString();
  const first = Math.min(...marks);
  const decoded = Buffer.allocUnsafe(bytes.length);
  bytes.copy(decoded, 0, 0, first);
  let length = first;
  for (let at = first; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === plus) byte = space;
    else if (byte === percent) {
      const high = hexValue(bytes[at + 1]);
      const low = hexValue(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        at += 2;
      }
    }
    decoded[length++] = byte;
  }
  return decoded.toString('utf8', 0, length);
};

/**
 * The fields that count, each as often as it comes. Written out because `URLSearchParams` decodes hundreds of kilobytes
 * character by character, for anybody who posts them.
 * @throws ProblemError `invalid_request` for too many fields
 */
const readFields = (body: Buffer): Readonly<Record<FieldName, readonly string[]>> => {
  const fields: Record<FieldName, string[]> = { SAMLResponse: [], RelayState: [] };
  let start = 0;
  for (let count = 1; start <= body.length; count++) {
    if (count > mostFields) {
      throw new ProblemError('invalid_request', { detail: `the form has more than ${mostFields} fields` });
    }
    const next = body.indexOf(ampersand, start);
    const field = body.subarray(start, next < 0 ? body.length : next);
    const separator = field.indexOf(equals);
    const name = separator < 0 ? field : field.subarray(0, separator);
    const value = separator < 0 ? field.subarray(field.length) : field.subarray(separator + 1);
    const decodedName = name.length > longestName ? undefined : decodeComponent(name);
    const known = fieldNames.find((fieldName) => fieldName === decodedName);
    if (known !== undefined) fields[known].push(decodeComponent(value));
    start = next < 0 ? body.length + 1 : next + 1;
  }
  return fields;
};

/**
 * Reads the form. A field that comes twice is refused: whoever reads the other one would see another document.
 * @throws ProblemError `invalid_request`
 */
export const readPostedAnswer = (body: unknown): PostedAnswer => {
  const { SAMLResponse: responses, RelayState: relayStates } = readFields(
    Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  );
  const samlResponse = responses[0];
  if (responses.length > 1 || relayStates.length > 1) {
    throw new ProblemError('invalid_request', { detail: 'SAMLResponse and RelayState must each come once' });
  }
  if (samlResponse === undefined) {
    throw new ProblemError('invalid_request', { detail: 'SAMLResponse is missing' });
  }
  const relayState = relayStates[0];
  return { samlResponse, relayState: relayState === '' ? undefined : relayState };
};
