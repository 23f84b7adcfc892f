import type { FieldError } from '@gatehouse/contracts';
import { ApiProblem } from '../api/problem.ts';

/** Which field of a form shows the errors of a JSON Pointer, and of a problem code that has no pointers. */
export interface FieldMap<Field extends string> {
  readonly pointers: Readonly<Record<string, Field>>;
  readonly codes?: Readonly<Record<string, Field>>;
}

export interface PlacedErrors<Field extends string> {
  readonly fields: Readonly<Partial<Record<Field, string>>>;
  /** What no field of the form can show. */
  readonly rest: readonly FieldError[];
}

/** `is mandatory` becomes `Is mandatory.`: a sentence of its own under a field. */
export const sentence = (words: string): string => {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?:…]$/.test(text) ? text : `${text}.`;
};

/**
 * Puts the errors of a refused change at the fields of its form. A pointer below a known one (`/saml/certificates/0`)
 * belongs to the known one.
 */
export const placeErrors = <Field extends string>(error: ApiProblem, map: FieldMap<Field>): PlacedErrors<Field> => {
  const fields: Partial<Record<Field, string>> = {};
  const rest: FieldError[] = [];
  for (const found of error.errors) {
    const field = fieldAt(found.pointer, map.pointers);
    if (field === undefined) rest.push(found);
    else
      fields[field] =
        fields[field] === undefined ? sentence(found.message) : `${fields[field]} ${sentence(found.message)}`;
  }
  const field = map.codes?.[error.code];
  if (field !== undefined && fields[field] === undefined) fields[field] = sentence(error.message);
  return { fields, rest };
};

const fieldAt = <Field extends string>(
  pointer: string,
  pointers: Readonly<Record<string, Field>>,
): Field | undefined => {
  const known = Object.keys(pointers)
    .filter((prefix) => pointer === prefix || pointer.startsWith(`${prefix}/`))
    .sort((one, other) => other.length - one.length)[0];
  return known === undefined ? undefined : pointers[known];
};

/** The error as one of the API's; anything else is a defect of this page and is told as such. */
export const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem
    ? error
    : new ApiProblem({
        code: 'page_error',
        status: 0,
        message: 'This page has run into a fault of its own. Reload it and try again.',
        traceId: '',
        cause: error,
      });
