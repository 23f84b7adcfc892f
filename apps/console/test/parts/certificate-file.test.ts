import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateText, derToPem, splitPem } from '../../src/parts/certificate-file.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const pem = readFileSync(join(fixtures, 'valid.pem'), 'utf8');
const der = new Uint8Array(readFileSync(join(fixtures, 'valid.cer')));

describe('certificate files', () => {
  it('turns DER into PEM that says the same', () => {
    const made = derToPem(der);
    expect(new X509Certificate(made).fingerprint256).toBe(new X509Certificate(pem).fingerprint256);
    expect(made.split('\n').every((line) => line.length <= 64)).toBe(true);
  });

  it('tells DER from PEM by the first bytes', () => {
    expect(certificateText(der)).toBe(derToPem(der));
    expect(certificateText(new TextEncoder().encode(pem))).toBe(pem);
    expect(certificateText(new Uint8Array())).toBe('');
  });
});

describe('splitPem', () => {
  it('takes every block out of a text and keeps what is around them', () => {
    const { blocks, rest } = splitPem(`Bag attributes\n${pem}\r\n${pem}tail`);
    expect(blocks).toEqual([pem, pem]);
    expect(rest).toContain('Bag attributes');
    expect(rest).toContain('tail');
  });

  it('finds no block in an unfinished one', () => {
    const unfinished = pem.slice(0, 200);
    expect(splitPem(unfinished)).toEqual({ blocks: [], rest: unfinished.trim() });
  });
});
