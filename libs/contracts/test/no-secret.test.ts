import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ConnectorStateRecord, eventTypes, NewAdministrator, UserStateRecord } from '../src/index.ts';

const secretName =
  /secret|password|passphrase|token|assertion|privatekey|cookie|csrf|sealed|nameid$|^subject$|^key$|code_?verifier/i;
/** A certificate's own subject, and the digest that stands where a subject must not. */
const harmless = new Set(['/saml/certificateDetails/subject', '/links/subjectDigest']);

/** Names of all members that a schema can hold, at any depth, as paths without indices. */
const memberPaths = (schema: unknown, at = ''): string[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items, anyOf, allOf, oneOf } = schema as Record<string, unknown>;
  return [
    ...Object.entries((properties as Record<string, unknown>) ?? {}).flatMap(([name, inner]) => [
      `${at}/${name}`,
      ...memberPaths(inner, `${at}/${name}`),
    ]),
    ...memberPaths(items, at),
    ...[anyOf, allOf, oneOf].flatMap((list) => ((list as unknown[]) ?? []).flatMap((inner) => memberPaths(inner, at))),
  ];
};

const secretsIn = (schema: TSchema): string[] =>
  memberPaths(schema).filter(
    (path) =>
      secretName.test(path.slice(path.lastIndexOf('/') + 1)) && ![...harmless].some((known) => path.endsWith(known)),
  );

describe('what is published', () => {
  it.each(Object.entries(eventTypes))('%s has no member for a secret or a subject', (_type, { data }) => {
    expect(secretsIn(data)).toEqual([]);
  });

  it('state has no member for a secret or a subject', () => {
    expect([...secretsIn(ConnectorStateRecord), ...secretsIn(UserStateRecord)]).toEqual([]);
  });

  it('would be noticed if it had one', () => {
    expect(secretsIn(NewAdministrator)).toEqual(['/passphrase']);
  });
});
