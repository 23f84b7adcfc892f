import { describe, expect, it } from 'vitest';
import { obstacleToImage, startInContainer } from '../../src/servers/container-server.ts';
import { exchange } from '../../src/servers/exchange.ts';
import { images, type ServerPlan } from '../../src/servers/server.ts';
import { serverPort } from '../../src/servers/server-port.ts';
import { askRedis } from './talk.ts';

/** A Redis as any server is described; natively it is started elsewhere. */
async function plan(command: (folder: string) => readonly string[]): Promise<ServerPlan> {
  const port = await serverPort();
  return {
    label: 'Redis',
    image: images.redis,
    ports: [port],
    native: () => Promise.reject(new Error('not natively')),
    container: ({ folder, bind }) => ({
      files: { 'redis.conf': `bind ${bind}\nport ${port}\ndir ${folder}\nappendonly yes\nprotected-mode no\n` },
      prepare: ['sh', '-c', `echo prepared >>${folder}/preparations`],
      command: command(folder),
    }),
    isReady: async () => (await exchange({ port, request: Buffer.from('PING\r\n') })) !== undefined,
  };
}

describe('a server in a container', () => {
  const obstacle = obstacleToImage(images.redis);

  // Where no engine has the image, that is what is found out here.
  it('takes the same faults as a native one, or there is a reason why there is none', async () => {
    const why = await obstacle;
    if (why !== undefined) return expect(why).toMatch(/engine/);
    const described = await plan((folder) => ['redis-server', `${folder}/redis.conf`]);
    const [port = 0] = described.ports;
    const server = await startInContainer(described);
    try {
      expect(await askRedis(port, 'SET a 1')).toBe('+OK\r\n');
      await server.kill();
      expect(await askRedis(port, 'PING')).toBeUndefined();
      await server.restart();
      expect(await askRedis(port, 'GET a')).toBe('$1\r\n1\r\n');
      await server.pause();
      expect(await askRedis(port, 'PING')).toBeUndefined();
      await server.resume();
      expect(await askRedis(port, 'PING')).toBe('+PONG\r\n');
      await server.pause();
      await server.restart();
      expect(await askRedis(port, 'GET a')).toBe('$1\r\n1\r\n');
      expect(await server.output()).toContain('Ready to accept connections');
    } finally {
      await server.stop();
    }
    expect(await askRedis(port, 'PING')).toBeUndefined();
    await server.stop();
  }, 120_000);

  it('is not to be had of an image that nobody has', async () => {
    const why = /^(no container engine answers|the container engine has no image .+ and cannot pull it \(.+\))$/;
    expect(await obstacleToImage('registry.invalid/none:1', 15_000)).toMatch(why);
  }, 30_000);
});
