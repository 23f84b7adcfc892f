/** The only source of time: epoch milliseconds. Tests hand in a clock of their own. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601 in UTC with milliseconds, the form every body and event uses. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();
