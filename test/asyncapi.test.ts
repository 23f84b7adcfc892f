import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { eventTypes, topics } from '@gatehouse/contracts';
import { goldenSamples } from '@gatehouse/contracts/golden';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncapiDocument } from '../scripts/asyncapi-document.ts';

const root = dirname(import.meta.dirname);
const file = 'docs/reference/asyncapi.json';
const published = readFileSync(join(root, file), 'utf8');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

interface Message {
  readonly examples?: readonly { readonly name: string }[];
}
const document = JSON.parse(published) as {
  readonly channels: Readonly<
    Record<string, { address: string; messages: object; bindings: { kafka: { topicConfiguration: object } } }>
  >;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
};

/** The parts of the document as a consumer without our code compiles them. */
const validatorOf = (pointer: string): ValidateFunction => {
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  ajv.addSchema({ ...document, $id: 'asyncapi.json' });
  return ajv.compile({ $ref: `asyncapi.json#${pointer}` });
};
const messagePointer = (type: string, part: string): string => `/components/messages/${type}/${part}`;

const errorsIn = async (text: string): Promise<readonly string[]> => {
  const diagnostics = await new Parser().validate(text);
  return diagnostics.filter(({ severity }) => severity === 0).map(({ message }) => message);
};

describe(file, () => {
  it('is what the contracts say today; `npm run asyncapi` writes it anew', () => {
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(asyncapiDocument(version))));
  });

  it('is a valid AsyncAPI 3 document', async () => {
    expect(await errorsIn(published)).toEqual([]);
  });

  it('would not be valid with a message that is not there', async () => {
    expect(await errorsIn(published.replaceAll('"#/components/messages/user.linked"', '"#/nothing"'))).not.toEqual([]);
  });

  it('has every type on its topic, with retention and compaction', () => {
    const types = Object.keys(document.components.messages).filter((name) => !name.includes('.state'));
    expect(types.toSorted()).toEqual(Object.keys(eventTypes).toSorted());
    for (const { address, bindings } of Object.values(document.channels)) {
      const topic = topics.find(({ name }) => name === address);
      expect(bindings.kafka.topicConfiguration, address).toEqual(
        topic?.cleanup === 'compact'
          ? { 'cleanup.policy': ['compact'], 'delete.retention.ms': topic.retentionMs }
          : { 'cleanup.policy': ['delete'], 'retention.ms': topic?.retentionMs },
      );
    }
  });

  it('shows an example of every message but the tombstones', () => {
    const without = Object.entries(document.components.messages)
      .filter(([, { examples = [] }]) => examples.length === 0)
      .map(([name]) => name);
    expect(without).toEqual(['connector.state.tombstone', 'user.state.tombstone']);
  });

  it.each(goldenSamples())('describes $name as it lies on the log', ({ headers, value }) => {
    const type = headers.ce_type ?? '';
    const isHeaders = validatorOf(messagePointer(type, 'headers'));
    const isPayload = validatorOf(messagePointer(type, 'payload'));
    expect(isHeaders(headers), JSON.stringify(isHeaders.errors)).toBe(true);
    expect(isPayload(value), JSON.stringify(isPayload.errors)).toBe(true);
    expect(isPayload({ ...(value as object), addedLater: { more: 1 } })).toBe(true);
    expect(isPayload({})).toBe(false);
    expect(isHeaders({ ...headers, ce_sequence: '0' })).toBe(false);
    expect(isHeaders({ ...headers, ce_type: 'another' })).toBe(false);
  });
});
