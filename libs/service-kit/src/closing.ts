import type { Logger } from './logger.ts';

/** What was opened, to be closed the other way round whatever fails on the way. */
export interface Closing {
  add(what: string, close: () => void | Promise<void>): void;
  /** Closes what was added since the last time. */
  run(): Promise<void>;
}

export const createClosing = (logger: Pick<Logger, 'error'>): Closing => {
  const steps: { readonly what: string; close(): void | Promise<void> }[] = [];
  return {
    add(what, close) {
      steps.unshift({ what, close });
    },
    async run() {
      for (const { what, close } of steps.splice(0)) {
        try {
          await close();
        } catch (error) {
          logger.error({ err: error, what }, 'closing failed');
        }
      }
    },
  };
};
