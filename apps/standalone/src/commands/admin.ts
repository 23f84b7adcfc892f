/** `npm run admin -- reset`: a set-up link for when no administrator can sign in. Whoever may read the data directory, or write to Redis, may do this. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createSetUpLinks } from '@gatehouse/auth-gateway';
import { createIds, systemClock } from '@gatehouse/contracts';
import type { LoginState } from '@gatehouse/login-state';
import { redisLoginState } from '@gatehouse/login-state/redis';
import { sqliteLoginState } from '@gatehouse/login-state/sqlite';
import { createLogger, loadSettings, redisConnection, StartError, settingsTable } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { loginStateFile } from '../data-files.ts';
import { withOwnPort } from '../own-port.ts';

const usage = 'Usage: npm run admin -- reset';

/** The login state of the gateways, where Redis is named; else that of the data directory. */
const openLoginState = (): { readonly loginState: LoginState; readonly baseUrl: string } => {
  const settings = loadSettings(settingsTable, process.env);
  const { baseUrl, dataDir, redisUrl } = settings;
  const clock = systemClock;
  if (redisUrl !== undefined) {
    const logger = createLogger({ level: 'silent' });
    const redis = redisConnection({ ...settings, redisUrl });
    return { baseUrl, loginState: redisLoginState({ ...redis, tls: { ca: redis.ca }, clock, logger }) };
  }
  const path = join(resolve(dataDir), loginStateFile);
  if (!existsSync(path))
    throw new StartError(`GATEHOUSE_DATA_DIR: ${resolve(dataDir)} holds no data; start Gatehouse once`);
  return { baseUrl: withOwnPort(settings, process.env).baseUrl, loginState: sqliteLoginState({ path, clock }) };
};

await runCommand(async ([command, ...rest]) => {
  if (command !== 'reset' || rest.length > 0) throw new StartError(usage);
  const { loginState, baseUrl } = openLoginState();
  try {
    await loginState.check();
    const links = createSetUpLinks({ loginState, baseUrl, clock: systemClock, ids: createIds() });
    return `Open this link once, within an hour; it makes a new administrator:\n\n  ${await links.make(3_600_000)}\n\n`;
  } finally {
    await loginState.close();
  }
});
