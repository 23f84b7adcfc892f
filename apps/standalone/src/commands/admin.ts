/** `npm run admin -- reset`: a set-up link for when no administrator can sign in. Whoever may read the data directory may do this. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createSetUpLinks } from '@gatehouse/auth-gateway';
import { createIds, systemClock } from '@gatehouse/contracts';
import { sqliteLoginState } from '@gatehouse/login-state/sqlite';
import { loadSettings, settingsTable } from '@gatehouse/service-kit';
import { loginStateFile } from '../data-directory.ts';
import { explainStart, StartError } from '../start-error.ts';

const usage = 'Usage: npm run admin -- reset';

const run = async ([command, ...rest]: readonly string[]): Promise<string> => {
  if (command !== 'reset' || rest.length > 0) throw new StartError(usage);
  const settings = loadSettings(settingsTable, process.env);
  const path = join(resolve(settings.dataDir), loginStateFile);
  if (!existsSync(path))
    throw new StartError(`GATEHOUSE_DATA_DIR: ${resolve(settings.dataDir)} holds no data; start Gatehouse once`);
  const loginState = sqliteLoginState({ path, clock: systemClock });
  try {
    const links = createSetUpLinks({ loginState, baseUrl: settings.baseUrl, clock: systemClock, ids: createIds() });
    return `Open this link once, within an hour; it makes a new administrator:\n\n  ${await links.make(3_600_000)}\n\n`;
  } finally {
    await loginState.close();
  }
};

try {
  process.stdout.write(await run(process.argv.slice(2)));
} catch (error) {
  console.error(explainStart(error) ?? error);
  process.exitCode = 1;
}
