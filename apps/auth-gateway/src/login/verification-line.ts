import { ProblemError } from '@gatehouse/contracts';

/** Lets at most four verifications per connector run at once; a few more wait their turn. */
export interface VerificationLine {
  /** @throws ProblemError `not_ready` when too many wait at this connector already */
  run<Result>(connectorId: string, verify: () => Promise<Result>): Promise<Result>;
}

/** `running` at once, `waiting` behind them, per connector. */
export const verificationLimits = { running: 4, waiting: 64 } as const;

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * A verification is the dearest thing that a stranger can ask for. One connector under fire must not keep the answers of the
 * others waiting, so each has a short line of its own; a burst of honest sign-ins fits into it, a flood gets 503.
 */
export const createVerificationLine = (): VerificationLine => {
  const lines = new Map<string, Line>();

  const enter = async (connectorId: string, line: Line): Promise<void> => {
    if (line.running < verificationLimits.running) {
      line.running++;
      return;
    }
    if (line.waiting.length >= verificationLimits.waiting) {
      throw new ProblemError('not_ready', { detail: `too many verifications wait at ${connectorId}` });
    }
    await new Promise<void>((admit) => line.waiting.push(admit));
  };

  const leave = (connectorId: string, line: Line): void => {
    const next = line.waiting.shift();
    if (next === undefined) line.running--;
    else next();
    if (line.running === 0) lines.delete(connectorId);
  };

  return {
    async run(connectorId, verify) {
      const line = lines.get(connectorId) ?? { running: 0, waiting: [] };
      lines.set(connectorId, line);
      await enter(connectorId, line);
      try {
        return await verify();
      } finally {
        leave(connectorId, line);
      }
    },
  };
};
