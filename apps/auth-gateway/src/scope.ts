import type { FastifyInstance, FastifyPluginAsync } from 'fastify';

/** Registers routes that have hooks, parsers and an error handler of their own. */
export const inScope = async (
  app: FastifyInstance,
  routes: (scope: FastifyInstance) => Promise<void>,
): Promise<void> => {
  const plugin: FastifyPluginAsync = async (scope) => await routes(scope);
  await app.register(plugin);
};
