import { Socket } from 'node:net';
import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it, vi } from 'vitest';
import { mongoDatabase } from '../../src/mongodb/mongo-database.ts';
import { openLine } from './cut-line.ts';
import { mongoFixture } from './mongo-fixture.ts';

const skip = await mustSkipServerTests('mongo');

/** As a socket does that was ended by the other side: nothing is written, and there is never room again. */
const swallow = (text: string) => {
  const { write } = Socket.prototype;
  let swallowed = 0;
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function swallowing(this: Socket, ...given: unknown[]) {
    const [bytes] = given;
    if (!(bytes instanceof Uint8Array) || !Buffer.from(bytes).includes(text)) return Reflect.apply(write, this, given);
    swallowed += 1;
    return false;
  });
  return () => swallowed;
};

describe.skipIf(skip)('the connection to MongoDB', () => {
  const { openReady, uri } = mongoFixture();

  it('is made anew when the watch of the driver hangs for ever', async () => {
    await openReady();
    const line = await openLine(uri());
    const settings = { uri: line.uri, name: 'test', appName: 'test', timeoutMs: 500, poolSize: 2 };
    const database = mongoDatabase(settings, 1_000);
    const read = () => database.run(({ aggregates }) => aggregates.countDocuments());
    expect(await read()).toBe(0);

    // The watch asks again when a request was lost, and is then left waiting for its socket.
    const swallowed = swallow('hello');
    line.lose('request', 'aggregate');
    await expect(read()).rejects.toMatchObject({ code: 'store_unavailable' });
    await vi.waitFor(async () => {
      await read().catch(() => undefined);
      expect(swallowed()).toBeGreaterThan(0);
    });
    vi.restoreAllMocks();

    await expect(read()).rejects.toMatchObject({ code: 'store_unavailable' });
    await vi.waitFor(async () => expect(await read()).toBe(0), { timeout: 20_000, interval: 50 });
    await database.close();
    line.cut();
  });
});
