import { describe, expect, it } from 'vitest';
import { findWay, type Obstacles } from '../../src/servers/way.ts';

/** Obstacles as given, and what was asked for. */
function machine(toContainer: string | undefined, toNative: string | undefined) {
  const asked: string[] = [];
  const obstacles: Obstacles = {
    async toContainer(kind) {
      asked.push(`container ${kind}`);
      return toContainer;
    },
    async toNative(kind) {
      asked.push(`native ${kind}`);
      return toNative;
    },
  };
  return { obstacles, asked };
}

describe('the way to a server', () => {
  it('is a container where an engine has the image; nothing is fetched for the other way then', async () => {
    const { obstacles, asked } = machine(undefined, undefined);
    expect(await findWay('redis', '', obstacles)).toEqual({ way: 'container', reason: 'the engine has redis:8' });
    expect(asked).toEqual(['container redis']);
  });

  it('is native otherwise, and says why', async () => {
    const { obstacles } = machine('no container engine answers', undefined);
    expect(await findWay('kafka', '', obstacles)).toEqual({ way: 'native', reason: 'no container engine answers' });
  });

  it.each(['container', 'native'])('is the one that was asked for, without a look at the other: %s', async (wanted) => {
    const { obstacles, asked } = machine(undefined, undefined);
    expect(await findWay('mongo', wanted, obstacles)).toMatchObject({ way: wanted });
    expect(asked.every((what) => what.startsWith(wanted))).toBe(true);
  });

  it.each([
    ['', 'No way to kafka: no engine; natively: no Maven.'],
    ['container', 'No way to kafka: no engine.'],
    ['native', 'No way to kafka: no Maven.'],
  ])('is none when nothing is left (asked for: "%s"), with every reason', async (wanted, message) => {
    const failure = findWay('kafka', wanted, machine('no engine', 'no Maven').obstacles);
    await expect(failure).rejects.toMatchObject({ code: 'server_unavailable', message });
  });

  it('is not guessed from a setting that is wrong', async () => {
    const failure = findWay('kafka', 'docker', machine(undefined, undefined).obstacles);
    await expect(failure).rejects.toMatchObject({
      code: 'server_unavailable',
      message: expect.stringContaining('takes'),
    });
  });
});
