import { isUtf8 } from 'node:buffer';
import { ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Bounds of a JSON body, checked before it is parsed: no schema of ours comes near them. */
export const jsonLimits = { depth: 32, values: 10_000 } as const;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Whether UTF-8 text nests deeper or holds more values than any body here. One pass over the bytes, nothing is built. */
export const isTooComplex = (body: Buffer): boolean => {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      depth++;
      if (depth > jsonLimits.depth) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (byte === comma || byte === colon) {
      values++;
      if (values > jsonLimits.values) return true;
    }
  }
  return false;
};

/**
 * The only bodies that an API takes: `application/json`, and `application/merge-patch+json` (RFC 7396) with PATCH. An
 * empty body is `undefined`, because actions have none. `__proto__` and `constructor.prototype` are refused.
 */
export const takeJsonBodies = (app: FastifyInstance): void => {
  const parseText = app.getDefaultJsonParser('error', 'error');
  const parse = async (request: FastifyRequest, body: Buffer): Promise<unknown> => {
    if (body.length === 0) return undefined;
    if (!isUtf8(body)) throw new ProblemError('invalid_json', { detail: 'The body is not UTF-8' });
    if (isTooComplex(body)) {
      throw new ProblemError('invalid_json', { detail: 'The body nests too deeply or has too many values' });
    }
    return new Promise((resolve, reject) => {
      void parseText(request, body.toString('utf8'), (error, value) =>
        error === null ? resolve(value) : reject(error),
      );
    });
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, parse);
  app.addContentTypeParser<Buffer>(
    'application/merge-patch+json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (request.method !== 'PATCH') throw new ProblemError('unsupported_media_type');
      return parse(request, body);
    },
  );
};

/** Hook of actions (`…/enable`): no body or `{}`. */
export const emptyBody = async (request: FastifyRequest): Promise<void> => {
  const { body } = request;
  if (body === undefined || body === null) return;
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new ProblemError('invalid_request', { errors: [{ pointer: '', message: 'must be empty or {}' }] });
  }
  const unknown = Object.keys(body).map((name) => ({
    pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message: 'is not a known field',
  }));
  if (unknown.length > 0) throw new ProblemError('invalid_request', { errors: unknown });
};
