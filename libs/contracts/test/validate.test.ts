import { type TSchema, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { NewConnector, NewUser, problems, shapeErrors, subjectDigest } from '../src/index.ts';

describe('shapeErrors', () => {
  it('names every wrong, missing and unknown field at once', () => {
    const errors = shapeErrors(NewConnector, { name: 1, type: 'LDAP', 'odd/name~': true, saml: { certificates: [7] } });
    expect(Object.fromEntries(errors.map(({ pointer, message }) => [pointer, message]))).toEqual({
      '/name': 'must be string',
      '/reference': 'is mandatory',
      '/type': 'is not one of the allowed values',
      '/odd~1name~0': 'is not a known field',
      '/saml/issuerUrl': 'is mandatory',
      '/saml/endpoint': 'is mandatory',
      '/saml/nameIdFormat': 'is mandatory',
      '/saml/certificates/0': 'must be string',
    });
  });

  it.each<[string, TSchema, unknown, string]>([
    ['an empty text', Type.String({ minLength: 1, pattern: '^a' }), '', 'must not be empty'],
    ['a short text', Type.String({ minLength: 12 }), 'abc', 'must have at least 12 characters'],
    ['a long text', Type.String({ maxLength: 2 }), 'abc', 'must have at most 2 characters'],
    ['a text longer than one', Type.String({ maxLength: 1 }), 'abc', 'must have at most 1 character'],
    ['a text of another form', Type.String({ pattern: '^con_' }), 'usr_1', 'does not have the right form'],
    ['an empty list', Type.Array(Type.String(), { minItems: 1 }), [], 'must not be empty'],
    ['a short list', Type.Array(Type.String(), { minItems: 2 }), ['a'], 'must have at least 2 entries'],
    ['a long list', Type.Array(Type.String(), { maxItems: 1 }), ['a', 'b'], 'must have at most 1 entry'],
    [
      'a list with one thing twice',
      Type.Array(Type.String(), { uniqueItems: true }),
      ['a', 'a'],
      'must not name anything twice',
    ],
    ['a small number', Type.Integer({ minimum: 1 }), 0, 'must be at least 1'],
    ['a large number', Type.Integer({ maximum: 100 }), 101, 'must be at most 100'],
    ['no time', Type.String({ format: 'date-time' }), 'tomorrow', 'must be a time such as 2026-11-23T09:00:00Z'],
  ])('says in words for people what is wrong with %s', (_what, schema, value, message) => {
    expect(shapeErrors(schema, value)).toEqual([{ pointer: '', message }]);
  });

  it('is empty for what fits', () => {
    expect(shapeErrors(NewUser, { username: 'a@b.example' })).toEqual([]);
  });
});

describe('problems', () => {
  it('all are refusals with a status of their class', () => {
    for (const { status, title } of Object.values(problems)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(title).not.toBe('');
    }
  });
});

describe('subjectDigest', () => {
  const base = { connectorId: 'con_1', issuer: 'https://idp', subject: 'alice' };

  it('differs when any part differs, also when parts run into one another', () => {
    const digests = [
      base,
      { ...base, connectorId: 'con_2' },
      { ...base, issuer: 'https://idpa', subject: 'lice' },
      { ...base, issuer: 'https://idp2' },
      { ...base, subject: 'Alice' },
      { ...base, nameQualifier: 'q' },
      { ...base, spNameQualifier: 'q' },
      { ...base, subject: 'alice|1|q' },
      { ...base, format: 'q' },
      { ...base, format: 'qq' },
    ].map(subjectDigest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is the same for the same subject in every process and version', () => {
    expect(subjectDigest(base)).toBe('oKk0cMI8VvlJKrQ-4WnGuem0umFo6B0IUCtJivZnnrk');
  });
});
