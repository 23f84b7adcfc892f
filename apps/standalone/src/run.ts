import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createIds } from '@gatehouse/contracts';
import {
  createLogger,
  explainStart,
  type LogLevel,
  loadSettings,
  type Settings,
  StartError,
  settingsTable,
  startTracing,
  stopOnSignals,
} from '@gatehouse/service-kit';
import { withOwnPort } from './own-port.ts';
import { type PracticeIdp, practiceUsers, seedPractice, startPracticeIdp } from './practice.ts';
import { openStandalone, type Standalone, version } from './standalone.ts';

const usage = `Usage: npm start [-- --no-demo]
  --no-demo   without the practice identity provider, its connector and its users`;

const readArguments = (args: readonly string[]): { readonly demo: boolean } => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { demo: { type: 'boolean', default: true } },
      allowNegative: true,
    });
    return { demo: values.demo };
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message.split('. ')[0] : 'Wrong argument'}\n${usage}`, {
      cause: error,
    });
  }
};

/** Settings that name servers: standalone never uses any, and must not look as if it did. */
const refuseServers = (settings: Settings): void => {
  const given = [
    ['GATEHOUSE_KAFKA_BROKERS', settings.kafkaBrokers],
    ['GATEHOUSE_MONGODB_URI', settings.mongodbUri],
    ['GATEHOUSE_REDIS_URL', settings.redisUrl],
  ].filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new StartError(
    given
      .map(([name]) => `${name} is not for standalone, which keeps everything in GATEHOUSE_DATA_DIR: unset it`)
      .join('\n'),
  );
};

/** On a terminal the addresses matter, not a line for each request; everywhere else the logs do. */
const logLevelFor = (settings: Settings, env: NodeJS.ProcessEnv): LogLevel =>
  env.GATEHOUSE_LOG_LEVEL === undefined && process.stdout.isTTY ? 'warn' : settings.logLevel;

const announce = (
  settings: Settings,
  dataDir: string,
  setUpLink: string | undefined,
  idp: PracticeIdp | undefined,
): string => {
  const lines: (readonly [string, string])[] = [];
  if (idp !== undefined) {
    lines.push(['Login address', `${settings.baseUrl}/api/sso/login/practice`]);
    lines.push(['', `sign in as ${practiceUsers.join(' or ')}; the practice identity provider is ${idp.url}`]);
  }
  lines.push(['Console', `${settings.baseUrl}/console/`]);
  if (setUpLink !== undefined)
    lines.push(['Set-up link', setUpLink], ['', 'opens once and makes the first administrator']);
  lines.push(['Data', dataDir], ['Stop', 'Ctrl-C']);
  return `\nGatehouse is ready.\n\n${lines.map(([name, value]) => `  ${name.padEnd(14)}${value}`).join('\n')}\n`;
};

const start = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> => {
  const { demo } = readArguments(args);
  const settings = withOwnPort(loadSettings(settingsTable, env), env);
  refuseServers(settings);
  const logger = createLogger({ level: logLevelFor(settings, env) });
  const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url));
  const tracing = await startTracing({
    env,
    serviceName: 'gatehouse',
    serviceVersion: version,
    ids: createIds(),
    logger,
  });
  let standalone: Standalone | undefined;
  let idp: PracticeIdp | undefined;
  const stop = async (): Promise<void> => {
    await standalone?.close();
    await idp?.stop();
    await tracing?.close();
  };
  try {
    standalone = await openStandalone({ settings, logger, tracing, ...(existsSync(consoleDir) ? { consoleDir } : {}) });
    if (demo) {
      idp = await startPracticeIdp(standalone.data.file('practice-idp'), settings.baseUrl);
      await seedPractice(idp, { ...standalone.services, marker: standalone.data.file('practice-seeded') });
      await standalone.caughtUp(5_000);
    }
    stopOnSignals({ stop, logger });
    process.stdout.write(`${announce(settings, standalone.data.path, await standalone.setUpLink(), idp)}\n`);
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Starts the embedded product; a start that cannot be is one line per fault on standard error, and exit code 1. */
export const runStandalone = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> => {
  // Whatever is made in the data directory is the owner's alone, also where somebody opens the directory up.
  process.umask(0o077);
  try {
    await start(args, env);
  } catch (error) {
    const words = explainStart(error);
    if (words === undefined) console.error(error);
    else process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
};
