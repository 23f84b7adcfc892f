/**
 * `npm run prepare-servers`: gets what the servers of the tests are made of (images, or jars and our own class) and says
 * for each how it will be started. It ends well also when one cannot be had: the tests that need it tell.
 */
import type { ServerKind } from './servers/server.ts';
import { wayTo } from './servers/way.ts';

const kinds: readonly ServerKind[] = ['kafka', 'mongo', 'redis'];

for (const kind of kinds) {
  const line = await wayTo(kind).then(
    ({ way, reason }) => `${kind}: ${way} (${reason}).`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  process.stdout.write(`test servers: ${line}\n`);
}
// A pull that was given up on goes on in the background; nobody waits for it.
process.exit();
