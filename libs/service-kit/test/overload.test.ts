import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics, createOverload } from '../src/index.ts';

describe('createOverload', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins with the second late sample in a row and ends with the first timely one', () => {
    let now = 0;
    const overload = createOverload({
      metrics: createMetrics({ process: false }),
      maxLagMs: 100,
      sampleMs: 10,
      elapsed: () => now,
    });
    const sampleAfter = (ms: number): boolean => {
      now += ms;
      vi.advanceTimersByTime(10);
      return overload.isOverloaded();
    };
    expect(sampleAfter(10)).toBe(false);
    expect(sampleAfter(500)).toBe(false);
    expect(sampleAfter(10)).toBe(false);
    expect(sampleAfter(500)).toBe(false);
    expect(sampleAfter(500)).toBe(true);
    expect(sampleAfter(500)).toBe(true);
    expect(sampleAfter(10)).toBe(false);
    overload.close();
  });
});
