import { fieldErrors, ProblemError } from '@gatehouse/contracts';
import { Ajv, type ErrorObject, type Options } from 'ajv';
import formats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

const compiler = (options: Options): Ajv => {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, ...options });
  formats.default(ajv, ['date-time']);
  return ajv;
};

// Shared by all instances: a schema is compiled once, however many serve it.
const bodies = compiler({});
const queries = compiler({ coerceTypes: true, useDefaults: true });

/**
 * Bodies are taken as they are: nothing is coerced, filled in or removed, an unknown field is an error. Only a query,
 * where everything is text, is coerced and gets defaults. Every wrong field is named in one answer.
 */
export const validateStrictly = (app: FastifyInstance): void => {
  app.setValidatorCompiler<object>(({ schema, httpPart }) => (httpPart === 'body' ? bodies : queries).compile(schema));
  app.setSchemaErrorFormatter(
    (errors, part) =>
      new ProblemError('invalid_request', {
        // Ajv made them; Fastify types them more loosely.
        errors: fieldErrors(errors as unknown as ErrorObject[]),
        ...(part === 'body' ? {} : { detail: `The ${part} has wrong or missing parameters` }),
      }),
  );
};
