import { type FieldError, type ProblemCode, problemBody, problems, shapeErrors } from '@gatehouse/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';

/** Thrown by the practice backend's routes; written as a problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, errors?: readonly FieldError[]) {
    super(code);
    this.code = code;
    this.errors = errors;
  }

  send(reply: FastifyReply): FastifyReply {
    return reply
      .status(problems[this.code].status)
      .type('application/problem+json')
      .send(problemBody(this.code, { errors: this.errors }));
  }
}

/**
 * The body as the contract's schema has it: the practice backend cannot answer what the product would not.
 * @throws Error with the wrong fields; the screen then shows a 500 and its test fails
 */
export const valid = <Schema extends TSchema>(schema: Schema, body: unknown): Static<Schema> => {
  const errors = shapeErrors(schema, body);
  if (errors.length > 0) throw new Error(`The practice backend has left the contract: ${JSON.stringify(errors)}`);
  return body as Static<Schema>;
};

/** The request's body, if the contract's schema takes it. @throws Refusal `invalid_request` naming every wrong field */
export const taken = <Schema extends TSchema>(schema: Schema, request: FastifyRequest): Static<Schema> => {
  const errors = shapeErrors(schema, request.body);
  if (errors.length > 0) throw new Refusal('invalid_request', errors);
  return request.body as Static<Schema>;
};

export interface ListQuery {
  readonly limit?: string;
  readonly cursor?: string;
  readonly q?: string;
  readonly user?: string;
  readonly connector?: string;
  readonly subject?: string;
  readonly type?: string;
}

/** One page, every item of which has the contract's shape. */
export const pageOf = <Schema extends TSchema>(schema: Schema, all: readonly Static<Schema>[], query: ListQuery) => {
  const limit = Number(query.limit ?? 50);
  const start = query.cursor === undefined ? 0 : Number(Buffer.from(query.cursor, 'base64url').toString());
  if (!Number.isInteger(start)) throw new Refusal('invalid_cursor');
  const items = all.slice(start, start + limit).map((item) => valid(schema, item));
  const next = start + limit;
  return next < all.length ? { items, nextCursor: Buffer.from(String(next)).toString('base64url') } : { items };
};

/** @throws Refusal `precondition_required`, `version_conflict` */
export const requireVersion = (request: FastifyRequest, version: number): void => {
  const sent = request.headers['if-match'];
  if (sent === undefined) throw new Refusal('precondition_required');
  if (sent !== `"${version}"`) throw new Refusal('version_conflict');
};
