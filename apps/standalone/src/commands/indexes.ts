/** `npm run indexes -- apply|check`: the indexes of every service in MongoDB. */
import { StartError } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { mongoStores, storeNames } from '../servers.ts';

const usage = 'Usage: npm run indexes -- apply | check';

await runCommand(async ([command, ...rest]) => {
  if ((command !== 'apply' && command !== 'check') || rest.length > 0) throw new StartError(usage);
  const lines: string[] = [];
  for (const name of storeNames) {
    const stores = mongoStores(name);
    try {
      if (command === 'apply') lines.push(...(await stores.applyIndexes()).map((index) => `made: ${index}\n`));
      else await stores.checkIndexes();
    } finally {
      await stores.close();
    }
  }
  return [...lines, 'The indexes are as they should be.\n'].join('');
});
