import { describe, expect, it } from 'vitest';
import { ApiProblem } from '../../src/api/problem.ts';
import { asProblem, placeErrors, sentence } from '../../src/parts/field-errors.ts';

const map = {
  pointers: { '/name': 'name', '/saml/certificates': 'certificates' },
  codes: { connector_reference_taken: 'reference' },
} as const;

const refused = (code: string, errors: readonly { pointer: string; message: string }[] = []): ApiProblem =>
  new ApiProblem({ code, status: 400, message: 'Another connector has this reference', errors, traceId: '' });

describe('placeErrors', () => {
  it('puts each error at its field, those below a field included', () => {
    const placed = placeErrors(
      refused('invalid_request', [
        { pointer: '/name', message: 'is mandatory' },
        { pointer: '/saml/certificates/1', message: 'is no certificate' },
        { pointer: '/saml/certificates/2', message: 'is too weak' },
      ]),
      map,
    );
    expect(placed.fields).toEqual({ name: 'Is mandatory.', certificates: 'Is no certificate. Is too weak.' });
    expect(placed.rest).toEqual([]);
  });

  it('keeps what no field can show', () => {
    const errors = [{ pointer: '/named', message: 'is not a known field' }];
    expect(placeErrors(refused('invalid_request', errors), map)).toEqual({ fields: {}, rest: errors });
  });

  it('puts a code without pointers at the field it is about', () => {
    expect(placeErrors(refused('connector_reference_taken'), map).fields).toEqual({
      reference: 'Another connector has this reference.',
    });
  });
});

describe('sentence', () => {
  it('begins with a capital and ends with one full stop', () => {
    expect(sentence('is mandatory')).toBe('Is mandatory.');
    expect(sentence('Too long!')).toBe('Too long!');
  });
});

describe('asProblem', () => {
  it('does not show the text of an unexpected error', () => {
    const problem = asProblem(new TypeError('x is undefined'));
    expect(problem.code).toBe('page_error');
    expect(problem.message).not.toContain('undefined');
  });
});
