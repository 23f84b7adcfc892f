import { ApiKey, matches, nameIdFormats, UserPatch } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { endOfDay } from '../../src/pages/api-keys/right-words.ts';
import { nameIdFormatLabel } from '../../src/pages/connectors/connector-words.ts';
import { browserWords } from '../../src/pages/sessions/browser-words.ts';
import { setUpToken } from '../../src/pages/set-up/set-up-token.ts';
import { nextPage } from '../../src/pages/sign-in/next-page.ts';
import { userPatch } from '../../src/pages/user/user-fields.ts';

describe('the way on after a sign-in', () => {
  it.for([
    ['/users?q=a', '/users?q=a'],
    [null, '/connectors'],
    ['https://evil.example/', '/connectors'],
    ['//evil.example/', '/connectors'],
    ['/\\evil.example/', '/connectors'],
    ['/sign-in?next=/users', '/connectors'],
  ] as const)('leads from %s to %s', ([next, page]) => {
    expect(nextPage(next)).toBe(page);
  });
});

describe('the set-up token', () => {
  it('is read from behind the number sign', () => {
    expect(setUpToken('#token=abc-_123')).toBe('abc-_123');
    expect(setUpToken('#other=1')).toBeUndefined();
    expect(setUpToken('')).toBeUndefined();
  });
});

describe('browserWords', () => {
  it.for([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0', 'Edge on Windows'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1', 'Safari on iPhone'],
    ['curl/8.1', 'curl/8.1'],
  ] as const)('reads %s', ([userAgent, words]) => {
    expect(browserWords(userAgent)).toBe(words);
  });
});

describe('nameIdFormatLabel', () => {
  it('names the well-known formats by URN and by short name, and leaves others alone', () => {
    expect(nameIdFormatLabel(nameIdFormats.persistent)).toBe('Persistent');
    expect(nameIdFormatLabel('transient')).toBe('Transient');
    expect(nameIdFormatLabel('urn:example')).toBe('urn:example');
  });
});

describe('userPatch', () => {
  const before = { username: 'alice@corp.example', displayName: 'Alice' };
  it('takes an emptied name away and leaves the rest', () => {
    const patch = userPatch(before, { ...before, displayName: ' ' });
    expect(patch).toEqual({ displayName: null });
    expect(matches(UserPatch, patch)).toBe(true);
    expect(userPatch(before, { ...before })).toBeUndefined();
  });
});

describe('endOfDay', () => {
  it('gives a time that the contract takes', () => {
    const expiresAt = endOfDay('2027-01-31');
    expect(matches(ApiKey.properties.expiresAt, expiresAt)).toBe(true);
    expect(endOfDay('')).toBeUndefined();
  });
});
