import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

interface Channel {
  readonly address: string;
  readonly messages: Readonly<Record<string, unknown>>;
  readonly bindings: { readonly kafka: { readonly topicConfiguration: Readonly<Record<string, unknown>> } };
}

export interface PublishedSchema {
  /** How long tombstones of a topic stay readable, in milliseconds. */
  tombstonesKeptMs(topic: string): number;
  /** What the document says of the type: undefined when it is newer than the document. */
  fits(topic: string, type: string, value: unknown): boolean | undefined;
}

/** The AsyncAPI document as validators, compiled when a type is first seen. */
export const readPublishedSchema = (path: string): PublishedSchema => {
  const document = JSON.parse(readFileSync(path, 'utf8')) as { readonly channels: Readonly<Record<string, Channel>> };
  const channels = new Map(Object.values(document.channels).map((channel) => [channel.address, channel]));
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  ajv.addSchema({ ...document, $id: 'asyncapi.json' });
  const compiled = new Map<string, ValidateFunction>();
  const validator = (type: string): ValidateFunction => {
    const known = compiled.get(type);
    if (known !== undefined) return known;
    const made = ajv.compile({ $ref: `asyncapi.json#/components/messages/${type}/payload` });
    compiled.set(type, made);
    return made;
  };
  return {
    tombstonesKeptMs: (topic) =>
      Number(channels.get(topic)?.bindings.kafka.topicConfiguration['delete.retention.ms'] ?? 0),
    fits: (topic, type, value) =>
      Object.hasOwn(channels.get(topic)?.messages ?? {}, type) ? validator(type)(value) : undefined,
  };
};
