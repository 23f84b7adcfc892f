import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

/** Partitions by topic, by their names on the broker. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface GroupMember {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** What the member works on at this moment. */
  readonly held: Assignment;
}

/**
 * Spreads partitions evenly over the members that subscribe to their topic. A partition that a member is working on
 * stays with it: nobody else may read there before that work is saved. Pure, and the same whoever leads.
 */
export const assignPartitions = (
  members: readonly GroupMember[],
  partitions: Assignment,
): ReadonlyMap<string, Assignment> => {
  const inOrder = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const given = new Map(inOrder.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  const load = new Map(inOrder.map(({ memberId }) => [memberId, 0]));
  const give = (memberId: string, topic: string, partition: number): void => {
    const topics = given.get(memberId);
    topics?.set(topic, [...(topics.get(topic) ?? []), partition]);
    load.set(memberId, (load.get(memberId) ?? 0) + 1);
  };
  const free: { readonly topic: string; readonly partition: number }[] = [];
  for (const [topic, all] of Object.entries(partitions).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (const partition of all.toSorted((a, b) => a - b)) {
      const holder = inOrder.find(({ topics, held }) => topics.includes(topic) && held[topic]?.includes(partition));
      if (holder === undefined) free.push({ topic, partition });
      else give(holder.memberId, topic, partition);
    }
  }
  for (const { topic, partition } of free) {
    const [least] = inOrder
      .filter(({ topics }) => topics.includes(topic))
      .toSorted((a, b) => (load.get(a.memberId) ?? 0) - (load.get(b.memberId) ?? 0));
    if (least !== undefined) give(least.memberId, topic, partition);
  }
  return new Map([...given].map(([memberId, topics]) => [memberId, Object.fromEntries(topics)]));
};

const parseHeld = (userData: Buffer): Assignment => {
  try {
    const parsed: unknown = JSON.parse(userData.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Assignment) : {};
  } catch {
    return {};
  }
};

const version = 1;

/** Whether no member has two partitions more than another that could have had one of them. */
export const isEven = (members: readonly GroupMember[], given: ReadonlyMap<string, Assignment>): boolean => {
  const count = ({ memberId }: GroupMember): number =>
    Object.values(given.get(memberId) ?? {}).reduce((sum, { length }) => sum + length, 0);
  return members.every((rich) =>
    members.every(
      (poor) =>
        count(rich) <= count(poor) + 1 ||
        !Object.keys(given.get(rich.memberId) ?? {}).some((topic) => poor.topics.includes(topic)),
    ),
  );
};

export interface AssignerDeps {
  /** What this member works on; asked at each joining. */
  held(): Assignment;
  /** Told to the leader after each assignment. */
  onSpread(isEven: boolean): void;
}

/** The assignment as kafkajs runs it. */
export const holdingAssigner =
  ({ held, onSpread }: AssignerDeps): PartitionAssigner =>
  ({ cluster }) => ({
    name: 'gatehouse-holding',
    version,
    protocol: ({ topics }) => ({
      name: 'gatehouse-holding',
      metadata: AssignerProtocol.MemberMetadata.encode({
        version,
        topics,
        userData: Buffer.from(JSON.stringify(held())),
      }),
    }),
    async assign({ members }) {
      const known = members.map(({ memberId, memberMetadata }): GroupMember => {
        const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
        return { memberId, topics: metadata?.topics ?? [], held: parseHeld(metadata?.userData ?? Buffer.alloc(0)) };
      });
      const topics = [...new Set(known.flatMap((member) => member.topics))];
      await cluster.addMultipleTargetTopics(topics);
      const partitions = Object.fromEntries(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
      );
      const given = assignPartitions(known, partitions);
      onSpread(isEven(known, given));
      return [...given].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: Object.fromEntries(Object.entries(assignment).map(([topic, all]) => [topic, [...all]])),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
