import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';
import type { FieldError } from './problems.ts';

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
formats.default(ajv, ['date-time']);

const compiled = new WeakMap<TSchema, ValidateFunction>();

const validator = (schema: TSchema): ValidateFunction => {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = ajv.compile(schema);
  compiled.set(schema, made);
  return made;
};

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const counted = (limit: unknown, one: string, many: string): string => `${limit} ${limit === 1 ? one : many}`;

/** What a keyword says of the value at its own pointer, in words for whoever filled it in. */
const keywordWords: Readonly<Record<string, (params: ErrorObject['params']) => string | undefined>> = {
  minLength: ({ limit }) =>
    limit === 1 ? 'must not be empty' : `must have at least ${counted(limit, 'character', 'characters')}`,
  maxLength: ({ limit }) => `must have at most ${counted(limit, 'character', 'characters')}`,
  pattern: () => 'does not have the right form',
  minItems: ({ limit }) =>
    limit === 1 ? 'must not be empty' : `must have at least ${counted(limit, 'entry', 'entries')}`,
  maxItems: ({ limit }) => `must have at most ${counted(limit, 'entry', 'entries')}`,
  uniqueItems: () => 'must not name anything twice',
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  format: ({ format }) => (format === 'date-time' ? 'must be a time such as 2026-11-23T09:00:00Z' : undefined),
  anyOf: () => 'is not one of the allowed values',
  const: () => 'is not one of the allowed values',
  enum: () => 'is not one of the allowed values',
};

/** Ajv's errors as fields and words: one per pointer, unknown and missing members at their own pointers. */
export const fieldErrors = (errors: readonly ErrorObject[]): readonly FieldError[] => {
  const found = new Map<string, string>();
  for (const { keyword, instancePath, params, message } of errors) {
    let pointer = instancePath;
    let words = keywordWords[keyword]?.(params) ?? message ?? 'is not valid';
    if (keyword === 'additionalProperties') {
      pointer = `${instancePath}/${escapePointer(String(params.additionalProperty))}`;
      words = 'is not a known field';
    } else if (keyword === 'required') {
      pointer = `${instancePath}/${escapePointer(String(params.missingProperty))}`;
      words = 'is mandatory';
    }
    if (!found.has(pointer) || keyword === 'anyOf') found.set(pointer, words);
  }
  return [...found].map(([pointer, words]) => ({ pointer, message: words }));
};

/** Whether `value` has the schema's shape. The validator is compiled once per schema object. */
export const matches = <Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> =>
  validator(schema)(value);

/** The wrong fields of `value`; none when it has the schema's shape. */
export const shapeErrors = (schema: TSchema, value: unknown): readonly FieldError[] => {
  const check = validator(schema);
  return check(value) ? [] : fieldErrors(check.errors ?? []);
};
