import {
  type AggregateStore,
  AggregateStoreError,
  type Listing,
  type OutgoingRecord,
  type Saved,
} from '@gatehouse/aggregate-store';
import {
  type AnyFact,
  type Clock,
  type EventType,
  type Fact,
  type Ids,
  isoTime,
  type ProblemCode,
  ProblemError,
  type Source,
} from '@gatehouse/contracts';
import { encodeFact } from '@gatehouse/event-log';
import { checkIfMatch, type IfMatch } from './http/preconditions.ts';

/** When and as which version of its aggregate a change happens. */
export interface Moment {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly version: number;
}

/** Type and data of a fact: what decides and evolves; the rest of the envelope is the runner's. */
export type FactOf<T extends EventType> = { [Type in T]: Pick<Fact<Type>, 'type' | 'data'> }[T];

/** What a command left behind, as the state topic is told it. */
export interface Outcome<State> {
  readonly id: string;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** undefined when the aggregate has ended. */
  readonly state: State | undefined;
  readonly traceparent: string | undefined;
}

/**
 * A kind of aggregate as pure functions: no clock, no I/O, no ids made inside. `decide` says what happens, `evolve` what
 * is so afterwards, `publish` what the world is told.
 */
export interface AggregateDefinition<State, Command, Change extends { readonly type: EventType }> {
  readonly source: Source;
  /** Nothing when all is so already. @throws ProblemError for what is refused */
  decide(command: Command, state: State | undefined): readonly Change[];
  /** undefined when the change ends the aggregate. */
  evolve(state: State | undefined, change: Change, moment: Moment): State | undefined;
  /** The fact that tells of the change; `after` is the state that it made, `before` the one it met. */
  publish(change: Change, after: State | undefined, before: State | undefined): FactOf<Change['type']>;
  unique(state: State): Readonly<Record<string, readonly string[]>>;
  listing(state: State): Listing;
  /** What is said when another aggregate holds a key of this index. */
  readonly taken: Readonly<Record<string, ProblemCode>>;
  /** Records of the state topic, for kinds that have one. */
  stateRecords?(outcome: Outcome<State>): readonly OutgoingRecord[];
}

export interface CommandRequest<Command> {
  readonly id: string;
  readonly command: Command;
  /** `administrator/adm_…`, `api-key/key_…`, `user/usr_…` or `system/<what>`. */
  readonly actor: string;
  readonly traceparent?: string | undefined;
  /** Versions that the caller has seen; undefined when any will do. */
  readonly ifMatch?: IfMatch | undefined;
}

export interface CommandResult<State> {
  readonly version: number;
  /** undefined when the command ended the aggregate. */
  readonly state: State | undefined;
  /** Whether anything was saved; false when all was so already. */
  readonly changed: boolean;
}

export interface CommandRunner<State, Command> {
  /**
   * Loads, decides and saves state, facts and state record in one atomic write. A rival's save in between is met by
   * deciding anew on what it left, at most five times.
   * @throws ProblemError what `decide` throws, `version_conflict` for an old If-Match, what `taken` names
   * @throws AggregateStoreError `store_unavailable`, `outbox_full`; `version_conflict` when rivals won every time
   */
  execute(request: CommandRequest<Command>): Promise<CommandResult<State>>;
}

export interface CommandRunnerDeps<State> {
  readonly store: AggregateStore<State>;
  readonly clock: Clock;
  readonly ids: Ids;
}

const mostTries = 5;
const noListing: Listing = { sort: '', text: '', filters: {} };

export const createCommandRunner = <State, Command, Change extends { readonly type: EventType }>(
  definition: AggregateDefinition<State, Command, Change>,
  { store, clock, ids }: CommandRunnerDeps<State>,
): CommandRunner<State, Command> => {
  const attempt = async (request: CommandRequest<Command>): Promise<CommandResult<State>> => {
    const { id, command, actor, traceparent, ifMatch } = request;
    const saved: Saved<State> | undefined = await store.load(id);
    if (saved !== undefined) checkIfMatch(ifMatch, saved.version);
    const changes = definition.decide(command, saved?.state);
    const expectedVersion = saved?.version ?? 0;
    if (changes.length === 0) return { version: expectedVersion, state: saved?.state, changed: false };

    const at = clock.now();
    const time = isoTime(at);
    let state = saved?.state;
    let version = expectedVersion;
    const outbox: OutgoingRecord[] = [];
    for (const change of changes) {
      version++;
      const before: State | undefined = state;
      state = definition.evolve(before, change, { id, time, version });
      const envelope = {
        id: ids.id('event'),
        source: definition.source,
        subject: id,
        time,
        sequence: version,
        actor,
        traceparent,
      };
      // The definition ties type and data together; the spread hides it from the compiler.
      const fact = { ...envelope, ...definition.publish(change, state, before) } as AnyFact;
      outbox.push({ record: encodeFact(fact) });
    }
    const ended: State | undefined = state;
    outbox.push(...(definition.stateRecords?.({ id, version, at, state: ended, traceparent }) ?? []));
    await store.save({
      id,
      expectedVersion,
      version,
      state: ended,
      unique: ended === undefined ? {} : definition.unique(ended),
      listing: ended === undefined ? noListing : definition.listing(ended),
      outbox,
    });
    return { version, state: ended, changed: true };
  };

  return {
    async execute(request) {
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(request);
        } catch (error) {
          if (!(error instanceof AggregateStoreError)) throw error;
          if (error.code === 'version_conflict' && tries < mostTries) continue;
          const code = error.code === 'unique_taken' ? definition.taken[error.index ?? ''] : undefined;
          throw code === undefined ? error : new ProblemError(code, { cause: error });
        }
      }
    },
  };
};
