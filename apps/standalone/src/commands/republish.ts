/**
 * `npm run republish`: the state of every connector and user onto the state topics once more, after Kafka was lost or its
 * topics were made anew. Refuses while connector-registry or user-directory is running.
 */
import { republishConnectors } from '@gatehouse/connector-registry';
import { systemClock } from '@gatehouse/contracts';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import { loadSettings, StartError, settingsTable } from '@gatehouse/service-kit';
import { republishUsers } from '@gatehouse/user-directory';
import { runCommand } from '../command.ts';
import { kafkaOptions, mongoStores } from '../servers.ts';

const usage = 'Usage: npm run republish';

await runCommand(async (args) => {
  if (args.length > 0) throw new StartError(usage);
  const { baseUrl } = settingsTable;
  const settings = loadSettings({ baseUrl }, process.env, settingsTable);
  const log = kafkaEventLog(kafkaOptions());
  const registry = mongoStores('connector-registry');
  const directory = mongoStores('user-directory');
  try {
    const common = { log, clock: systemClock };
    const connectors = await republishConnectors({
      ...common,
      ...settings,
      stores: registry,
      leases: registry.leases,
    });
    const users = await republishUsers({ ...common, stores: directory, leases: directory.leases });
    return `Published the state of ${connectors} connectors and ${users} users.\n`;
  } finally {
    await Promise.allSettled([log.close(), registry.close(), directory.close()]);
  }
});
