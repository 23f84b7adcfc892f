/** What a fault script is told. */
export interface FaultRun {
  readonly seed: number;
  /** `small` fits into the tests; `full` takes minutes and pauses for half of one. */
  readonly size: 'small' | 'full';
  readonly say: (line: string) => void;
}

/** What a fault script counted. */
export interface FaultTally {
  readonly counts: Readonly<Record<string, number>>;
  /** What must not be; empty when all is well. */
  readonly faults: readonly string[];
}

/** Does something to servers and services of its own while they work, and holds what they say against what they promised. */
export type FaultScript = (run: FaultRun) => Promise<FaultTally>;
