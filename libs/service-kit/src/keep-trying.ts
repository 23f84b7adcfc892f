import { setTimeout as delay } from 'node:timers/promises';

/** Pauses between tries, in milliseconds. */
export interface Patience {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** For servers that are away: a moment's absence is hardly noticed, a long one is not hammered at. */
export const serverPatience: Patience = { firstMs: 250, mostMs: 10_000 };

export interface KeepTryingOptions {
  readonly patience: Patience;
  /** Ends the tries. */
  readonly signal: AbortSignal;
  /** Told of every failure, and how long the pause after it is. */
  onFailure(error: unknown, pauseMs: number): void;
  /** 0 up to 1; spreads the tries of many processes. */
  readonly random?: () => number;
}

/** Repeats what fails because something else is not there yet. @returns false when it was ended first */
export const keepTrying = async (
  work: () => Promise<void>,
  { patience, signal, onFailure, random = Math.random }: KeepTryingOptions,
): Promise<boolean> => {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await work();
      return true;
    } catch (error) {
      const most = Math.min(patience.mostMs, patience.firstMs * 2 ** Math.min(failures, 30));
      const pauseMs = Math.round(most * (0.5 + random() / 2));
      onFailure(error, pauseMs);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
};

/** The stable code of an error, for logs and readiness; never its words, which may hold addresses. */
export const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : 'failed';
};
