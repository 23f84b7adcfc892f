import { createIds } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { parseTraceparent, traceIdOf, traceWithin } from '../src/index.ts';

const id = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('gives the trace id of a valid header, also of a later version with more fields', () => {
    expect(traceIdOf(`00-${id}-${parent}-01`)).toBe(id);
    expect(traceIdOf(`01-${id}-${parent}-01-more`)).toBe(id);
  });

  it('gives parent and flags', () => {
    expect(parseTraceparent(`00-${id}-${parent}-03`)).toEqual({ traceId: id, parentId: parent, flags: 3 });
  });

  it.each([
    ['nothing', undefined],
    ['two headers', ['a', 'b']],
    ['upper case', `00-${id.toUpperCase()}-${parent}-01`],
    ['a forbidden version', `ff-${id}-${parent}-01`],
    ['more fields than version 00 has', `00-${id}-${parent}-01-more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a parent of zeros', `00-${id}-${'0'.repeat(16)}-01`],
    ['a line break', `00-${id}-${parent}-01\r\nx`],
  ])('ignores %s', (_what, header) => {
    expect(traceIdOf(header)).toBeUndefined();
  });

  it('makes a header that is itself valid, with a new parent each time', () => {
    const ids = createIds();
    const one = traceWithin(id, ids);
    expect(traceIdOf(one.traceparent)).toBe(id);
    expect(traceWithin(id, ids).traceparent).not.toBe(one.traceparent);
  });
});
