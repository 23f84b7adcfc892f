/** `npm run topics -- apply|check`: the topics on Kafka. */
import { StartError } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { applyAllTopics, compareAllTopics, kafkaOptions } from '../servers.ts';

const usage = 'Usage: npm run topics -- apply | check';

await runCommand(async ([command, ...rest]) => {
  if ((command !== 'apply' && command !== 'check') || rest.length > 0) throw new StartError(usage);
  const options = kafkaOptions();
  if (command === 'apply') {
    const mended = await applyAllTopics(options);
    return [...mended.map((line) => `mended: ${line}\n`), 'The topics are as they should be.\n'].join('');
  }
  const differences = await compareAllTopics(options);
  if (differences.length > 0) throw new StartError(differences.join('\n'));
  return 'The topics are as they should be.\n';
});
