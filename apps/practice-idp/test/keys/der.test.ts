import { describe, expect, it } from 'vitest';
import { bitString, integer, objectIdentifier, octetString, time } from '../../src/keys/der.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

describe('DER', () => {
  it.each([
    [[0], '020100'],
    [[], '020100'],
    [[0, 0, 5], '020105'],
    [[127], '02017f'],
    [[128], '02020080'],
    [[1, 0], '02020100'],
  ])('writes the integer %j in the shortest form, never negative', (magnitude, expected) => {
    expect(hex(integer(Uint8Array.from(magnitude)))).toBe(expected);
  });

  it.each([
    [127, '047f'],
    [128, '048180'],
    [256, '04820100'],
  ])('writes the length %i', (length, start) => {
    const encoded = hex(octetString(new Uint8Array(length)));
    expect(encoded.slice(0, start.length)).toBe(start);
    expect(encoded).toHaveLength(start.length + 2 * length);
  });

  it.each([
    ['2.5.4.3', '0603550403'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ])('writes the object identifier %s', (dotted, expected) => {
    expect(hex(objectIdentifier(dotted))).toBe(expected);
  });

  it.each([
    ['2026-11-23T12:34:56.789Z', '\x17\x0d261123123456Z'],
    ['2049-12-31T23:59:59.000Z', '\x17\x0d491231235959Z'],
    ['2050-01-01T00:00:00.000Z', '\x18\x0f20500101000000Z'],
    ['1949-12-31T00:00:00.000Z', '\x18\x0f19491231000000Z'],
  ])('writes %s in the type of its century', (instant, expected) => {
    expect(time(new Date(instant)).toString('latin1')).toBe(expected);
  });

  it('counts the unused bits of a bit string', () => {
    expect(hex(bitString(Uint8Array.of(0x80), 7))).toBe('03020780');
  });
});
