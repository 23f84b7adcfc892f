import type { Clock } from '@gatehouse/contracts';
import { type EventLog, EventLogError, type EventWriter, type LogRecord } from './event-log.ts';
import { errorCode, type Logger } from './logger.ts';
import { noRelayMetrics, type RelayMetrics } from './metrics.ts';
import type { Lease, Leases, Outbox, OutboxEntry } from './outbox.ts';
import { type Backoff, backoffMs, createSleeper, sleepThrough } from './pause.ts';

export interface OutboxRelayDeps {
  readonly outbox: Outbox;
  readonly log: EventLog;
  /** Several processes may run this relay; the holder of the lease named like the outbox sends. Absent: this is the only one. */
  readonly leases?: Leases | undefined;
  /** This process, in leases. */
  readonly owner: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RelayMetrics | undefined;
  readonly timing?: Partial<RelayTiming> | undefined;
  /** 0 up to 1; spreads retries. */
  readonly random?: (() => number) | undefined;
}

/** In milliseconds. */
export interface RelayTiming {
  /** Waited after a wake-up, so that the commits of a burst go out in one append. */
  readonly coalesceMs: number;
  /** Looks for entries this often though nobody woke it: delayed ones, or ones that another process saved. */
  readonly pollMs: number;
  readonly leaseMs: number;
  /** Asks for the lease this often while another process holds it. */
  readonly waitForLeaseMs: number;
  readonly retry: Backoff;
}

export interface OutboxRelay {
  start(): Promise<void>;
  /** True when everything that waited at the time of this call was sent; false after `timeoutMs`. */
  drain(timeoutMs: number): Promise<boolean>;
  /** Ends after the append in hand, gives the lease back. Idempotent. */
  close(): Promise<void>;
}

const usualTiming: RelayTiming = {
  coalesceMs: 2,
  pollMs: 1_000,
  leaseMs: 10_000,
  waitForLeaseMs: 1_000,
  retry: { firstMs: 100, mostMs: 10_000 },
};

/** Entries per round, and characters of values per append: a broker bounds requests as well as records. */
const roundLimit = 500;
const appendCharacters = 900_000;

/** In order, each slice of at most `appendCharacters` unless a single entry is larger. */
const slices = (entries: readonly OutboxEntry[]): readonly (readonly OutboxEntry[])[] => {
  const made: OutboxEntry[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const length = entry.record.value?.length ?? 0;
    if (characters + length > appendCharacters) {
      made.push([]);
      characters = 0;
    }
    made.at(-1)?.push(entry);
    characters += length;
  }
  return made;
};

const ageOf = ({ headers }: LogRecord, now: number): number | undefined => {
  const time = Date.parse(headers.ce_time ?? '');
  return Number.isNaN(time) ? undefined : Math.max(0, now - time);
};

/** The right to send: a writer, and the lease when there are leases. */
interface Hold {
  readonly writer: EventWriter;
  lease: Lease | undefined;
}

/**
 * Sends what an outbox holds: pending → append → markSent, in the order of each aggregate, at least once. A crash between
 * append and markSent repeats records; nothing is ever skipped. A relay whose writer was fenced, or whose lease ran
 * out, sends nothing more until it has taken both anew.
 */
export const createOutboxRelay = (deps: OutboxRelayDeps): OutboxRelay => {
  const { outbox, log, leases, owner, clock, logger, metrics = noRelayMetrics, random = Math.random } = deps;
  const timing: RelayTiming = { ...usualTiming, ...deps.timing };
  const sleeper = createSleeper();
  let hold: Hold | undefined;
  let failures = 0;
  let stopped = false;
  let draining = 0;
  let rounds = 0;
  let running: Promise<void> | undefined;
  let stopListening: (() => void) | undefined;
  let renewing: NodeJS.Timeout | undefined;
  let emptied: readonly { readonly since: number; resolve(): void }[] = [];

  const isStopped = (): boolean => stopped;

  const letGo = async (): Promise<void> => {
    const held = hold;
    hold = undefined;
    if (held === undefined) return;
    await held.writer.close().catch(() => undefined);
    if (held.lease !== undefined) await leases?.release(held.lease).catch(() => undefined);
  };

  const renew = async (): Promise<void> => {
    const held = hold;
    if (leases === undefined || held?.lease === undefined) return;
    try {
      const lease = await leases.renew(held.lease, timing.leaseMs);
      if (lease === undefined) {
        logger.warn({ outbox: outbox.name }, 'lease was lost, relay waits for it');
        held.lease = { ...held.lease, expiresAt: 0 };
      } else held.lease = lease;
    } catch (error) {
      // The lease still holds until it ends; `isHeld` sees that.
      logger.warn({ outbox: outbox.name, err: error }, 'lease was not renewed');
    }
  };

  const isHeld = (held: Hold): boolean => held.lease === undefined || clock.now() < held.lease.expiresAt;

  const takeHold = async (): Promise<Hold | undefined> => {
    if (hold !== undefined && isHeld(hold)) return hold;
    await letGo();
    const lease = await leases?.acquire(outbox.name, owner, timing.leaseMs);
    if (leases !== undefined && lease === undefined) return undefined;
    // Opening fences the former holder before anything is read, so that it cannot append behind what is read here.
    const writer = await log.openWriter(outbox.name);
    hold = { writer, lease };
    return hold;
  };

  const send = async (held: Hold, entries: readonly OutboxEntry[]): Promise<void> => {
    for (const slice of slices(entries)) {
      if (!isHeld(held)) throw new EventLogError('writer_fenced', 'the lease has run out');
      await held.writer.append(slice.map((entry) => entry.record));
      await outbox.markSent(slice.map((entry) => entry.position));
      metrics.sent(outbox.name, slice.length);
    }
  };

  const settleDrains = (round: number): void => {
    for (const waiter of emptied) if (waiter.since < round) waiter.resolve();
    emptied = emptied.filter((waiter) => waiter.since >= round);
  };

  const tellAge = (entries: readonly OutboxEntry[]): void => {
    const oldest = entries.map(({ record }) => ageOf(record, clock.now())).find((age) => age !== undefined);
    metrics.age(outbox.name, oldest ?? 0);
  };

  /** While nothing can be sent, what waits grows older all the same. */
  const tellWaiting = async (): Promise<void> => {
    try {
      tellAge(await outbox.pending(1));
      metrics.depth(outbox.name, await outbox.depth());
    } catch (error) {
      logger.debug({ outbox: outbox.name, err: error }, 'outbox was not measured');
    }
  };

  const round = async (): Promise<'sent' | 'empty' | 'not-held'> => {
    const held = await takeHold();
    if (held === undefined) {
      // Its holder tells; what this process said last must not stand.
      metrics.age(outbox.name, 0);
      metrics.depth(outbox.name, 0);
      return 'not-held';
    }
    rounds += 1;
    const thisRound = rounds;
    const entries = await outbox.pending(roundLimit);
    tellAge(entries);
    await send(held, entries);
    metrics.depth(outbox.name, await outbox.depth());
    if (entries.length > 0) return 'sent';
    settleDrains(thisRound);
    return 'empty';
  };

  const waitAfterFailure = async (error: unknown): Promise<void> => {
    failures += 1;
    const code = errorCode(error);
    metrics.failed(outbox.name, code);
    logger.warn({ outbox: outbox.name, code, failures, err: error }, 'outbox was not sent, relay tries again');
    if (code === 'writer_fenced') await letGo();
    await tellWaiting();
    await sleepThrough(sleeper, backoffMs(timing.retry, failures, random()), isStopped);
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        const outcome = await round();
        failures = 0;
        // Without the lease a commit in this process is no reason to ask for it: its holder polls.
        if (outcome === 'not-held') await sleepThrough(sleeper, timing.waitForLeaseMs, isStopped);
        if (outcome !== 'empty') continue;
        const woken = await sleeper.sleep(timing.pollMs);
        if (woken && draining === 0) await sleepThrough(sleeper, timing.coalesceMs, isStopped);
      } catch (error) {
        await waitAfterFailure(error);
      }
    }
    await letGo();
  };

  return {
    async start() {
      if (running !== undefined) return;
      stopListening = outbox.onAppended(sleeper.wake);
      if (leases !== undefined) {
        renewing = setInterval(() => void renew(), timing.leaseMs / 3);
        renewing.unref();
      }
      running = run();
    },
    async drain(timeoutMs) {
      if (running === undefined || stopped) return (await outbox.depth()) === 0;
      draining += 1;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), timeoutMs);
      });
      const sent = new Promise<boolean>((resolve) => {
        emptied = [...emptied, { since: rounds, resolve: () => resolve(true) }];
      });
      sleeper.wake();
      try {
        return await Promise.race([sent, late]);
      } finally {
        clearTimeout(timer);
        draining -= 1;
      }
    },
    async close() {
      stopped = true;
      stopListening?.();
      clearInterval(renewing);
      sleeper.wake();
      await running;
    },
  };
};
