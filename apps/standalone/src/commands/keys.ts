/** `npm run keys -- list|rotate`: the master keys of the data directory. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadOrCreateKeyFile, rotateKeyFile } from '@gatehouse/keyring';
import { loadSettings, StartError, settingsTable } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { masterKeyFile } from '../data-files.ts';

const usage = 'Usage: npm run keys -- list | rotate';

const run = async ([command, ...rest]: readonly string[]): Promise<string> => {
  if ((command !== 'list' && command !== 'rotate') || rest.length > 0) throw new StartError(usage);
  const settings = loadSettings(settingsTable, process.env);
  if (settings.masterKeys !== undefined) {
    throw new StartError(
      'GATEHOUSE_MASTER_KEYS is set: put the new key first in that setting, keep the old ones behind it, and restart',
    );
  }
  const path = join(resolve(settings.dataDir), masterKeyFile);
  if (!existsSync(path))
    throw new StartError(`GATEHOUSE_DATA_DIR: ${resolve(settings.dataDir)} holds no keys; start Gatehouse once`);
  const keys = command === 'list' ? await loadOrCreateKeyFile(path) : await rotateKeyFile(path);
  const lines = keys.map(({ id }, place) => `  ${id}  ${place === 0 ? 'seals and opens' : 'opens'}`);
  const advice =
    command === 'rotate' ? '\nRestart Gatehouse: at its start it seals anew what the old keys sealed.' : '';
  return `Master keys in ${path}\n${lines.join('\n')}${advice}\n`;
};

await runCommand(run);
