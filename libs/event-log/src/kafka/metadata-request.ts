/** Metadata, version 12 of the Kafka protocol: the first answers with topic ids that kafkajs does not ask for. */
export const metadataApi = { apiKey: 3, apiVersion: 12, apiName: 'Metadata' } as const;

export interface DescribedTopic {
  readonly errorCode: number;
  readonly name: string;
  /** Hexadecimal; another one means that the topic was made anew. */
  readonly id: string;
  readonly partitions: readonly number[];
}

export interface MetadataAnswer {
  readonly clusterId: string;
  readonly topics: readonly DescribedTopic[];
}

const unsignedVarint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
};

const compactString = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([unsignedVarint(bytes.length + 1), bytes]);
};

const noTags = Buffer.from([0]);
const noId = Buffer.alloc(16);

/** What kafkajs takes for an encoder. */
export const encodeMetadataRequest = (topics: readonly string[]): { readonly buf: Buffer; readonly buffer: Buffer } => {
  const buffer = Buffer.concat([
    // Tags of the request header, version 2; kafkajs writes headers of version 1, which end before them.
    noTags,
    unsignedVarint(topics.length + 1),
    ...topics.flatMap((name) => [noId, compactString(name), noTags]),
    // No automatic making of topics, no authorised operations.
    Buffer.from([0, 0]),
    noTags,
  ]);
  return { buf: buffer, buffer };
};

const reader = (buffer: Buffer) => {
  let at = 0;
  const skip = (bytes: number): number => {
    const from = at;
    at += bytes;
    return from;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = buffer.readUInt8(skip(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const compactText = (): string | undefined => {
    const length = varint() - 1;
    return length < 0 ? undefined : buffer.toString('utf8', skip(length), at);
  };
  return {
    int16: (): number => buffer.readInt16BE(skip(2)),
    int32: (): number => buffer.readInt32BE(skip(4)),
    flag: (): boolean => buffer.readUInt8(skip(1)) !== 0,
    text: compactText,
    uuid: (): string => buffer.toString('hex', skip(16), at),
    list<T>(read: () => T): readonly T[] {
      return Array.from({ length: Math.max(0, varint() - 1) }, read);
    },
    tags(): void {
      for (let left = varint(); left > 0; left--) {
        varint();
        skip(varint());
      }
    },
  };
};

export const parseMetadataResponse = (buffer: Buffer): MetadataAnswer => {
  const from = reader(buffer);
  const numbers = () => from.list(() => from.int32());
  // Tags of the response header, version 1.
  from.tags();
  from.int32();
  from.list(() => {
    from.int32();
    from.text();
    from.int32();
    from.text();
    from.tags();
  });
  const clusterId = from.text() ?? '';
  from.int32();
  const topics = from.list((): DescribedTopic => {
    const errorCode = from.int16();
    const name = from.text() ?? '';
    const id = from.uuid();
    from.flag();
    const partitions = from.list(() => {
      from.int16();
      const partition = from.int32();
      from.int32();
      from.int32();
      numbers();
      numbers();
      numbers();
      from.tags();
      return partition;
    });
    from.int32();
    from.tags();
    return { errorCode, name, id, partitions };
  });
  return { clusterId, topics };
};
