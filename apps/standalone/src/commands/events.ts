/** `npm run events -- tail|verify`: what is on the topics, and whether it is in order and complete for each aggregate. */
import { parseArgs } from 'node:util';
import { topics } from '@gatehouse/contracts';
import { createLogVerification, readTopics, type StoredRecord } from '@gatehouse/event-log';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import { StartError } from '@gatehouse/service-kit';
import { runCommand } from '../command.ts';
import { kafkaOptions } from '../servers.ts';

const usage = `Usage: npm run events -- tail [--topic <name>] [--key <aggregate id>] [--no-follow]
       npm run events -- verify [--topic <name>]`;

const readWithinMs = 600_000;

const lineOf = ({ topic, partition, offset, key, headers, value }: StoredRecord): string =>
  JSON.stringify({
    topic,
    partition,
    offset,
    key,
    type: headers.ce_type,
    sequence: headers.ce_sequence,
    time: headers.ce_time,
    value: value === undefined ? null : value,
  });

await runCommand(async (args) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { topic: { type: 'string' }, key: { type: 'string' }, follow: { type: 'boolean', default: true } },
    allowPositionals: true,
    allowNegative: true,
  });
  const [command, ...rest] = positionals;
  if ((command !== 'tail' && command !== 'verify') || rest.length > 0) throw new StartError(usage);
  const all = topics.map(({ name }) => name);
  if (values.topic !== undefined && !all.includes(values.topic)) {
    throw new StartError(`${values.topic} is no topic of ours: ${all.join(', ')}`);
  }
  const reading = { topics: values.topic === undefined ? all : [values.topic], timeoutMs: readWithinMs };
  const log = kafkaEventLog(kafkaOptions());
  try {
    if (command === 'tail') {
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort());
      process.once('SIGTERM', () => interrupted.abort());
      await readTopics(log, {
        ...reading,
        key: values.key,
        onRecord: (record) => void process.stdout.write(`${lineOf(record)}\n`),
        ...(values.follow ? { follow: interrupted.signal } : {}),
      });
      return '';
    }
    const verification = createLogVerification();
    await readTopics(log, { ...reading, onRecord: (record) => verification.see(record) });
    const { topics: reports, faults, faultCount } = verification.report();
    if (faultCount > 0) {
      const lines = faults.map(
        ({ kind, topic, partition, offset, key, detail }) =>
          `${kind}: ${topic}/${partition}@${offset} ${key}: ${detail}`,
      );
      throw new StartError([...lines, `${faultCount} faults`].join('\n'));
    }
    const lines = reports.map(
      ({ topic, records, keys, repeats, unknown }) =>
        `${topic}: ${records} records of ${keys} aggregates, ${repeats} repeated, ${unknown} of unknown types`,
    );
    return [...lines, 'In order and complete.', ''].join('\n');
  } finally {
    await log.close();
  }
});
