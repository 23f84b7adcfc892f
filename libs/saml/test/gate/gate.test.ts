import { hostileDocuments } from '@gatehouse/practice-idp';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../src/gate/gate.ts';
import { defaultGateLimits } from '../../src/settings.ts';
import { base64 } from '../attacks/attack.ts';
import { genuine, refusalOf } from '../login-scene.ts';

const gate = createGate(undefined, new Set());
const open = '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">';
const close = '</samlp:Response>';
const admits = (xml: string): boolean => gate(base64(xml)).document.root.local === 'Response';
const codeOf = async (posted: string): Promise<string | undefined> => (await refusalOf(() => gate(posted)))?.code;

describe('what the gate lets through', () => {
  it('takes base64 in lines of 76, by CRLF or LF', () => {
    const posted = genuine();
    const lines = posted.match(/.{1,76}/g) ?? [];
    expect(gate(lines.join('\r\n')).text).toBe(gate(posted).text);
    expect(gate(lines.join('\n')).text).toBe(gate(posted).text);
  });

  it('takes an XML declaration, a byte order mark, and white space and comments around the root', () => {
    expect(admits(`<?xml version="1.0" encoding="utf-8"?>\n<!-- x -->${open}${close}\n<!-- y -->\n`)).toBe(true);
    expect(admits(`\uFEFF${open}${close}`)).toBe(true);
  });

  it('takes a response with 150 groups', () => {
    const groups = Array.from({ length: 150 }, (_, index) => `group-${index}`);
    expect(() => gate(genuine({ attributes: [{ name: 'groups', values: groups }] }))).not.toThrow();
  });

  it('keeps text in one piece over CDATA, references and slices of the parser', () => {
    const long = 'a'.repeat(10_000);
    const { root } = gate(base64(`${open}${long}<![CDATA[<]]>&#98;&amp;<!-- c -->d${close}`)).document;
    expect(root.text).toBe(`${long}<b&d`);
    expect(root.comments).toBe(1);
  });
});

describe('the limits', () => {
  const exactly = (count: number): string => base64(open + '<x/>'.repeat(count - 1) + close);

  it('admit what is exactly at the limit of elements and refuse one more', async () => {
    expect(await codeOf(exactly(defaultGateLimits.elements))).toBeUndefined();
    expect(await codeOf(exactly(defaultGateLimits.elements + 1))).toBe('saml_too_complex');
  });

  it('admit what is exactly at the limit of depth and refuse one more', async () => {
    const nested = (depth: number): string =>
      base64(`${open}${'<d>'.repeat(depth - 1)}${'</d>'.repeat(depth - 1)}${close}`);
    expect(await codeOf(nested(defaultGateLimits.depth))).toBeUndefined();
    expect(await codeOf(nested(defaultGateLimits.depth + 1))).toBe('saml_too_complex');
  });

  it('can be set', async () => {
    const small = createGate({ encodedLength: 100 }, new Set());
    expect((await refusalOf(() => small('A'.repeat(101))))?.code).toBe('saml_too_large');
  });
});

describe('the price of a refusal at the body limit', () => {
  const documents = hostileDocuments();

  // A millisecond is promised. The bound is a median over several runs and generous, because other work shares the
  // machine; without the gate the same documents take seconds.
  it.each(Object.keys(documents))('%s', async (name) => {
    const posted = documents[name] ?? '';
    const times: number[] = [];
    for (let run = 0; run < 25; run++) {
      const before = process.cpuUsage();
      const refusal = await refusalOf(() => gate(posted));
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1_000);
      expect(refusal?.code).toMatch(/^saml_/);
    }
    const median = times.toSorted((one, other) => one - other)[12];
    expect(median).toBeLessThan(5);
  });
});
