import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyRing, type SealBinding } from '../src/key-ring.ts';
import { generateMasterKey } from '../src/master-keys.ts';

const [newKey, oldKey, strangeKey] = [generateMasterKey('new'), generateMasterKey('old'), generateMasterKey('new')];
const ring = createKeyRing([newKey, oldKey]);
const binding: SealBinding = { table: 'connector', row: 'con_1', field: 'clientSecret' };

const refusal = (code: string) => expect.objectContaining({ name: 'KeyringError', code });
const bindings = fc.record({ table: fc.string(), row: fc.string(), field: fc.string() });

describe('a key ring', () => {
  it('opens what it sealed, bytes and text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bindings, (bytes, place) => {
        expect(ring.open(ring.seal(bytes, place), place)).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), bindings, (text, place) => {
        expect(ring.openText(ring.seal(text, place), place)).toBe(text);
      }),
    );
  });

  it('writes gk1.<key>.<iv>.<ciphertext>.<tag> and never the same twice', () => {
    const sealed = Array.from({ length: 50 }, () => ring.seal('secret', binding));
    for (const text of sealed) expect(text).toMatch(/^gk1\.new\.[\w-]{16}\.[\w-]{8}\.[\w-]{22}$/);
    expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(50);
  });

  it('opens in the place it was sealed for and in no other', () => {
    fc.assert(
      fc.property(bindings, bindings, (one, two) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(two));
        expect(() => ring.open(ring.seal('secret', one), two)).toThrow(refusal('sealed_refused'));
      }),
    );
    const sealed = ring.seal('secret', { table: 'a', row: 'bc', field: 'd' });
    expect(() => ring.open(sealed, { table: 'ab', row: 'c', field: 'd' })).toThrow(refusal('sealed_refused'));
  });

  it('refuses every single changed sign', () => {
    const sealed = ring.seal('a secret of some length', binding);
    for (let i = 0; i < sealed.length; i++) {
      const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`;
      expect(() => ring.open(changed, binding), changed).toThrow(expect.objectContaining({ name: 'KeyringError' }));
    }
  });

  it('refuses a tag that was cut, an IV of another length, and a second spelling of the same bytes', () => {
    const [format, id, iv = '', ciphertext, tag = ''] = ring.seal('secret', binding).split('.');
    const shortTag = Buffer.from(tag, 'base64url').subarray(0, 4).toString('base64url');
    const respelled = `${iv.slice(0, 4)} ${iv.slice(4)}`;
    for (const [newIv, newTag] of [
      [iv, shortTag],
      [iv.slice(0, 8), tag],
      [`${iv}AAAA`, tag],
      [respelled, tag],
      [iv, `${tag}==`],
    ]) {
      const text = [format, id, newIv, ciphertext, newTag].join('.');
      expect(() => ring.open(text, binding), text).toThrow(refusal('sealed_malformed'));
    }
  });

  it.each([
    '',
    'secret',
    'gk1.new',
    'gk1....',
    'gk2.new.AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA',
    'gk1.new.AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA.AA',
  ])('refuses what was never sealed: %j', (text) => {
    expect(() => ring.open(text, binding)).toThrow(refusal('sealed_malformed'));
    expect(() => ring.needsReseal(text)).toThrow(refusal('sealed_malformed'));
  });

  it('seals with the first key, opens with all, and knows what must be sealed anew', () => {
    const before = createKeyRing([oldKey]).seal('secret', binding);
    expect(ring.activeKeyId).toBe('new');
    expect(ring.openText(before, binding)).toBe('secret');
    expect(ring.needsReseal(before)).toBe(true);
    expect(ring.needsReseal(ring.seal('secret', binding))).toBe(false);
  });

  it('refuses a key that is gone, and another key of the same id', () => {
    const sealed = ring.seal('secret', binding);
    expect(() => createKeyRing([oldKey]).open(sealed, binding)).toThrow(refusal('key_unknown'));
    expect(() => createKeyRing([strangeKey]).open(sealed, binding)).toThrow(refusal('sealed_refused'));
    expect(() => createKeyRing([])).toThrow(refusal('master_keys_invalid'));
  });

  it('binds the key id: a value cannot be passed off as sealed by another key', () => {
    const twin = createKeyRing([{ id: 'twin', key: newKey.key }]);
    const renamed = ring.seal('secret', binding).replace('gk1.new.', 'gk1.twin.');
    expect(() => twin.open(renamed, binding)).toThrow(refusal('sealed_refused'));
  });
});
