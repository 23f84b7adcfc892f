import { startInContainer } from './container-server.ts';
import { startNatively } from './native-server.ts';
import { type ServerControl, ServerError, type ServerKind, type ServerPlan } from './server.ts';
import { wayTo } from './way.ts';

const attempts = 3;

/**
 * Starts a server by the way that this machine has, and says in one line which and why. A port that was free when it was
 * chosen may be taken when the server comes to it: then the start is tried again on others.
 *
 * @param isPortFixed whether the caller chose the port, so that another try is the same one
 * @param only a way that the caller needs, whatever others there are
 */
export async function startOwnServer(
  kind: ServerKind,
  isPortFixed: boolean,
  makePlan: () => Promise<ServerPlan>,
  only?: 'native',
): Promise<ServerControl> {
  const { way, reason } = only === undefined ? await wayTo(kind) : { way: only, reason: 'no container will do' };
  for (let attempt = 1; ; attempt++) {
    const plan = await makePlan();
    try {
      const control = await (way === 'native' ? startNatively(plan) : startInContainer(plan));
      process.stderr.write(`${plan.label}: ${way} on 127.0.0.1:${plan.ports[0]} (${reason}).\n`);
      return control;
    } catch (error) {
      if (isPortFixed || attempt === attempts || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return /address already in use|EADDRINUSE|BindException|port is already allocated/i.test(`${error.message} ${cause}`);
}
