import { describe, expect, it } from 'vitest';
import { connectorFact, ids } from '../src/conformance/samples.ts';
import { decodeRecord, type Message } from '../src/index.ts';
import { createSequenceWatch } from '../src/sequence-watch.ts';

const message = (key: string, sequence: number): Message => {
  const decoded = decodeRecord({ ...connectorFact(key, sequence), partition: 0, offset: sequence });
  if (decoded.kind !== 'fact') throw new Error('not a fact');
  return decoded;
};

describe('the watch over sequences', () => {
  it('tells a gap from a start, from a repeat and from what goes on', () => {
    const watch = createSequenceWatch();
    const key = ids.id('connector');
    expect([5, 6, 6, 5, 7].map((sequence) => watch.see(message(key, sequence)))).toEqual(Array(5).fill(undefined));
    expect(watch.see(message(key, 10))).toEqual({ expected: 8, found: 10 });
    expect(watch.see(message(key, 11))).toBeUndefined();
  });

  it('forgets who was seen longest ago, and so its memory stays bounded', () => {
    const watch = createSequenceWatch(2);
    const [a = '', b = '', c = ''] = [ids.id('connector'), ids.id('connector'), ids.id('connector')];
    for (const key of [a, b, c]) watch.see(message(key, 1));
    expect(watch.see(message(a, 9))).toBeUndefined();
    expect(watch.see(message(c, 9))).toEqual({ expected: 2, found: 9 });
  });
});
