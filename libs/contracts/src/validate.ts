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

/** Ajv's errors as fields and words: one per pointer, unknown and missing members at their own pointers. */
export const fieldErrors = (errors: readonly ErrorObject[]): readonly FieldError[] => {
  const found = new Map<string, string>();
  for (const { keyword, instancePath, params, message } of errors) {
    let pointer = instancePath;
    let words = message ?? 'is not valid';
    if (keyword === 'additionalProperties') {
      pointer = `${instancePath}/${escapePointer(String(params.additionalProperty))}`;
      words = 'is not a known field';
    } else if (keyword === 'required') {
      pointer = `${instancePath}/${escapePointer(String(params.missingProperty))}`;
      words = 'is mandatory';
    } else if (keyword === 'anyOf' || keyword === 'const' || keyword === 'enum') {
      words = 'is not one of the allowed values';
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
