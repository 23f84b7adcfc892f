import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stopOnSignals } from '../src/index.ts';
import { capturedLog } from './support/captured-log.ts';

describe('stopOnSignals', () => {
  const start = (stop: () => Promise<void>, limitMs = 1_000) => {
    const source = new EventEmitter();
    const codes: number[] = [];
    let now = 0;
    const off = stopOnSignals({
      stop,
      logger: capturedLog().logger,
      limitMs,
      source,
      exit: (code) => void codes.push(code),
      elapsed: () => now,
    });
    const wait = (ms: number): void => {
      now += ms;
    };
    return { source, codes, off, wait };
  };

  it('stops in order at the first signal and ends with 0', async () => {
    let stopped = 0;
    const { source, codes } = start(async () => {
      stopped++;
    });
    source.emit('SIGTERM');
    await turn();
    expect([stopped, codes]).toEqual([1, [0]]);
  });

  it('ends at once at another signal, but not at the echo of the first', async () => {
    const { source, codes, wait } = start(() => new Promise(() => {}), 60_000);
    source.emit('SIGINT');
    wait(999);
    source.emit('SIGINT');
    await turn();
    expect(codes).toEqual([]);
    wait(1);
    source.emit('SIGINT');
    await turn();
    expect(codes).toEqual([1]);
  });

  it('ends with 1 when stopping fails or takes too long', async () => {
    const failing = start(() => Promise.reject(new Error('no')));
    failing.source.emit('SIGTERM');
    await turn();
    expect(failing.codes).toEqual([1]);
    const hanging = start(() => new Promise(() => {}), 5);
    hanging.source.emit('SIGTERM');
    await expect.poll(() => hanging.codes).toEqual([1]);
  });

  it('listens no more once told so', () => {
    const { source, off } = start(async () => {});
    off();
    expect(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT')).toBe(0);
  });
});
