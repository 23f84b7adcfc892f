import { createRequire } from 'node:module';

/** The part of kafkajs's request queue (2.2.4, src/network/requestQueue) that is repaired here. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

const recheckMs = 10;

/**
 * kafkajs 2.2.4 schedules its check for queued requests after each answer, also when nothing is queued, and with a
 * negative time: each connection then wakes up once per millisecond for ever, and Node 24 warns (kafkajs issue 1751).
 * Here the check is scheduled only while requests are queued; a throttle that ends this very millisecond is waited out too.
 */
export const repairRequestQueue = (): void => {
  const queueClass: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  const { prototype } = queueClass as {
    readonly prototype: { scheduleCheckPendingRequests(this: RequestQueue): void };
  };
  prototype.scheduleCheckPendingRequests = function schedule(): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : recheckMs,
    );
  };
};
