import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalEmail } from '../src/index.ts';

describe('canonicalEmail', () => {
  it.each([
    ['Alice@Corp.Example', 'alice@corp.example'],
    ['  alice@corp.example ', 'alice@corp.example'],
    ['ａlice@corp.example', 'alice@corp.example'],
    ['alice@bücher.example', 'alice@xn--bcher-kva.example'],
    ['alice@XN--BCHER-KVA.example', 'alice@xn--bcher-kva.example'],
    ['ALİCE@corp.example', 'ali̇ce@corp.example'],
    ["o'brien+sso@corp.example", "o'brien+sso@corp.example"],
    ['ﬁona@corp.example', 'fiona@corp.example'],
    ['K@corp.example', 'k@corp.example'],
  ])('%s becomes %s', (input, canonical) => {
    expect(canonicalEmail(input)).toBe(canonical);
  });

  it.each([
    'alice',
    'alice@',
    '@corp.example',
    'a@b@c',
    'alice@corp..example',
    'al ice@corp.example',
    'alice@corp.example\u0000',
    'ali\u200bce@corp.example',
    'ali\u202ece@corp.example',
    'alice@-corp.example',
    'alice@corp.example>',
    '"alice"@corp.example',
    '.alice@corp.example',
    'alice@corp.example/x',
    `${'a'.repeat(65)}@corp.example`,
    `a@${'b.'.repeat(130)}example`,
    '\ud800@corp.example',
    'alice@co rp.example',
    'alice@corp%2eexample',
    'alice@corp:80',
    'alice@co\u00adrp.example',
    'alice@corp.example℀x',
    'alice@[127.0.0.1]',
    '',
  ])('%j is no address', (input) => {
    expect(canonicalEmail(input)).toBeUndefined();
  });

  it('gives the same again for what it gave', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.domain(), (local, domain) => {
        const once = canonicalEmail(`${local}@${domain}`);
        if (once !== undefined) expect(canonicalEmail(once)).toBe(once);
      }),
      { seed: 20261123, numRuns: 2000 },
    );
  });

  it('does not tell apart what differs in case or compatibility form alone', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (email) => {
        const once = canonicalEmail(email);
        fc.pre(once !== undefined);
        expect(canonicalEmail(email.toUpperCase())).toBe(once);
        expect(canonicalEmail(email.normalize('NFD'))).toBe(once);
      }),
      { seed: 20261123, numRuns: 500 },
    );
  });
});
