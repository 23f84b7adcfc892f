/**
 * `npm start` follows Gatehouse's events until it is told to stop; `npm run show` prints the copy. One line of JSON for
 * each thing that happens.
 */
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { openCopy } from './copy.ts';
import { follow, quietLogs } from './follow.ts';
import { readPublishedSchema } from './published-schema.ts';
import type { Report } from './records.ts';

const { env } = process;
const besideUs = fileURLToPath(new URL('../../../docs/reference/asyncapi.json', import.meta.url));
const report: Report = (what, fields = {}) => void process.stdout.write(`${JSON.stringify({ what, ...fields })}\n`);

const copy = openCopy(env.DATABASE ?? './copy.db');

if (process.argv.includes('--show')) {
  process.stdout.write(`${JSON.stringify(copy.show(), undefined, 2)}\n`);
  copy.close();
} else {
  const end = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    // Whoever runs this starts it again: it goes on from the positions that were saved with the copy.
    process.exit(1);
  };
  const kafka = new kafkajs.Kafka({
    ...quietLogs,
    clientId: 'gatehouse-event-consumer',
    brokers: (env.KAFKA_BROKERS ?? 'localhost:9092').split(','),
  });
  const following = await follow({
    kafka,
    groupId: env.GROUP_ID ?? 'example-consumer',
    prefix: env.KAFKA_PREFIX ?? '',
    copy,
    schema: readPublishedSchema(env.ASYNCAPI ?? besideUs),
    report,
    onEnded: end,
  }).catch(end);
  const stop = async (): Promise<void> => {
    await following?.close();
    copy.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}
