import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers';
import { findProgram } from './maven.ts';
import { type Place, type ServerControl, ServerError, type ServerPlan, startLimitMs } from './server.ts';
import { startWatchdog } from './watchdog.ts';

const place: Place = { folder: '/gatehouse', bind: '0.0.0.0' };

/**
 * Whether a container engine answers and has the image, or can pull it.
 * @returns why not, in words that end a sentence; undefined when it has
 */
export async function obstacleToImage(image: string, pullLimitMs = 240_000): Promise<string | undefined> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (client === undefined) return 'no container engine answers';
  const name = ImageName.fromString(image);
  if (await client.image.exists(name).catch(() => false)) return undefined;
  const settled = new AbortController();
  const limit = delay(pullLimitMs, 'it took too long', { signal: settled.signal, ref: false });
  const pull = client.image.pull(name).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const why = await Promise.race([pull, limit]);
  settled.abort();
  limit.catch(() => undefined);
  return why === undefined
    ? undefined
    : `the container engine has no image ${image} and cannot pull it (${firstLine(why)})`;
}

const firstLine = (words: string): string => (words.split('\n', 1)[0] ?? '').trim().slice(0, 160);

/**
 * Starts a server in a container and waits until it serves. Its ports are the same on the host through every restart.
 *
 * @throws ServerError `server_not_started` with what it wrote; no container is left behind then
 */
export async function startInContainer(plan: ServerPlan): Promise<ServerControl> {
  // Our own watchdog ends what is left behind. Without the engine's command it cannot, and testcontainers does.
  const engine = findProgram('docker');
  if (engine !== undefined) process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  const { files, prepare, command } = plan.container(place);
  const ports = plan.ports.map((host, index) => ({ host, container: plan.containerPorts?.[index] ?? host }));
  // By its name it is found also when its start fails.
  const name = `gatehouse-test-${randomUUID()}`;
  const container = new GenericContainer(plan.image)
    .withName(name)
    .withExposedPorts(...ports)
    // Whether it serves is asked from outside, in the same way as of a native one.
    .withWaitStrategy(Wait.forAll([]));
  if (command !== undefined) {
    const content = Object.entries(files).map(([name, words]) => ({
      content: words,
      target: `${place.folder}/${name}`,
    }));
    const steps = [...(prepare === undefined ? [] : [once(prepare)]), `exec ${quoted(command)}`];
    container
      .withUser('0')
      .withCopyContentToContainer(content)
      .withEntrypoint(['/bin/sh', '-c'])
      .withCommand([steps.join(' && ')]);
  }
  const watchdog = startWatchdog();
  if (engine !== undefined) watchdog.guard(`'${engine}' rm -f -v ${name} >/dev/null 2>&1`);
  const { container: containers } = await getContainerRuntimeClient();
  const handle = containers.getById(name);
  const output = async (): Promise<string> => {
    return withoutFrames(await handle.logs({ follow: false, stdout: true, stderr: true }));
  };
  const state = async () => (await handle.inspect()).State;
  const isRunning = async () => (await state()).Running;

  const control: ServerControl = {
    way: 'container',
    pid: undefined,
    output,
    async kill() {
      if ((await state()).Paused) await handle.unpause();
      if ((await state()).Running) await handle.kill();
    },
    pause: () => handle.pause().then(() => undefined),
    resume: () => handle.unpause().then(() => undefined),
    async restart() {
      if ((await state()).Paused) await handle.unpause();
      await handle.restart({ t: 15 });
      await waitUntilReady(plan, isRunning, output);
    },
    async stop() {
      await handle.remove({ force: true, v: true }).catch((error: unknown) => {
        if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      });
      watchdog.release();
    },
  };
  try {
    await container.start();
    await waitUntilReady(plan, isRunning, output);
  } catch (cause) {
    const said = await output().catch(() => '');
    await control.stop();
    if (cause instanceof ServerError) throw cause;
    throw new ServerError('server_not_started', `${plan.label} did not start in a container.\n${said}`, { cause });
  }
  return control;
}

async function waitUntilReady(
  plan: ServerPlan,
  isRunning: () => Promise<boolean>,
  output: () => Promise<string>,
): Promise<void> {
  const limit = performance.now() + startLimitMs;
  while (performance.now() < limit) {
    if (await plan.isReady()) return;
    if (!(await isRunning())) {
      throw new ServerError('server_not_started', `${plan.label} ended at its start.\n${await output()}`);
    }
    await delay(50);
  }
  const said = await output();
  throw new ServerError('server_not_started', `${plan.label} did not serve in ${startLimitMs} ms.\n${said}`);
}

/** The engine sends standard output and standard error in one stream: before each piece stand 8 bytes, the last 4 its length. */
function withoutFrames(stream: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const end = at + 8 + stream.readUInt32BE(at + 4);
    pieces.push(stream.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces).toString();
}

/** A container runs its command again at every restart; what prepares its data runs once. */
const once = (command: readonly string[]): string => {
  const mark = `${place.folder}/prepared`;
  return `{ [ -e ${mark} ] || { ${quoted(command)} && touch ${mark}; }; }`;
};

const quoted = (command: readonly string[]): string =>
  command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
