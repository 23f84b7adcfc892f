/** `npm run dead-letters -- list|replay|drop`: what consumers could not apply, on Kafka. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@gatehouse/contracts';
import { type KafkaDeadLetters, kafkaEventLog } from '@gatehouse/event-log/kafka';
import { StartError } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { kafkaOptions } from '../servers.ts';

const usage = `Usage: npm run dead-letters -- list [--consumer <name>]
       npm run dead-letters -- replay <consumer> <key>
       npm run dead-letters -- drop <consumer> <key>`;

const mostListed = 1_000;
/** The service that runs the consumer answers; how long it may take, and how often it is looked, in milliseconds. */
const replayWithinMs = 15_000;
const lookEveryMs = 250;

const list = async (letters: KafkaDeadLetters, consumer: string | undefined): Promise<string> => {
  const parked = await letters.list({ consumer, limit: mostListed });
  if (parked.length === 0) return 'Nothing is parked.\n';
  return parked
    .map(({ consumer: by, key, letters: count, reason, parkedAt }) =>
      [new Date(parkedAt).toISOString(), by, key, `${count} records`, reason].join('  '),
    )
    .map((line) => `${line}\n`)
    .join('');
};

const lettersLeft = async (letters: KafkaDeadLetters, consumer: string, key: string): Promise<number> => {
  const [parked] = await letters.list({ consumer, key, limit: 1 });
  return parked?.letters ?? 0;
};

const replay = async (letters: KafkaDeadLetters, consumer: string, key: string): Promise<string> => {
  const before = await lettersLeft(letters, consumer, key);
  if (before === 0) throw new StartError(`${consumer} has nothing parked of ${key}`);
  await letters.requestReplay(consumer, key);
  const until = systemClock.now() + replayWithinMs;
  let left = before;
  while (left > 0 && systemClock.now() < until) {
    await delay(lookEveryMs);
    left = await lettersLeft(letters, consumer, key);
  }
  if (left === 0) return `${before} records of ${key} were applied.\n`;
  throw new StartError(
    `${left} of ${before} records of ${key} are still parked: the log of the service that runs ${consumer} says why; is it running?`,
  );
};

await runCommand(async (args) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { consumer: { type: 'string' } },
    allowPositionals: true,
  });
  const [command, consumer, key, ...rest] = positionals;
  const isList = command === 'list' && consumer === undefined;
  const isOfKey = (command === 'replay' || command === 'drop') && key !== undefined && rest.length === 0;
  if (!isList && !isOfKey) throw new StartError(usage);
  const log = kafkaEventLog(kafkaOptions());
  try {
    if (consumer === undefined || key === undefined) return await list(log.deadLetters, values.consumer);
    if (command === 'replay') return await replay(log.deadLetters, consumer, key);
    return `${await log.deadLetters.drop(consumer, key)} records of ${key} were given up.\n`;
  } finally {
    await log.close();
  }
});
