import { describe, expect, it } from 'vitest';
import { createEventMetrics } from '../src/event-metrics.ts';
import { createMetrics } from '../src/index.ts';

describe('createEventMetrics', () => {
  it('shows what an expected consumer has not yet met as 0, so that the first time is an increase', async () => {
    const metrics = createMetrics({ process: false });
    const events = createEventMetrics(metrics);
    events.expect({ name: 'gatehouse-audit', topics: ['one', 'two'] });
    const line = 'gatehouse_consumer_parked_records_total{consumer="gatehouse-audit",topic="two"}';
    expect(await metrics.text()).toContain(`${line} 0\n`);
    events.consumer.parked('gatehouse-audit', 'two', 3);
    expect(await metrics.text()).toContain(`${line} 3\n`);
  });
});
