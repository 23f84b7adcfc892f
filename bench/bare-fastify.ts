import fastify from 'fastify';

// What the session check is held against: one route, an answer of the same size, nothing else.
const app = fastify();
const answer = {
  user: { id: 'usr_01m853qxhv2k7d6m0x4v9tq3fz', username: 'user0@bench.example', displayName: '' },
  connector: { id: 'con_01m853qxhv7cq9eq3asq9bhm4b', reference: 'bench', name: 'Bench' },
  startedAt: '2026-11-23T09:00:00.000Z',
  expiresAt: '2026-11-24T09:00:00.000Z',
};
app.get('/api/session', async () => answer);
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
process.on('disconnect', () => void app.close());
