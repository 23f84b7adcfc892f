import type { AggregateStore, StoreHost } from '@gatehouse/aggregate-store';
import type { Tracer } from '@opentelemetry/api';
import { during, SpanKind, spanContextOf, startSpan } from './spans.ts';

const storeWithSpans = <State>(store: AggregateStore<State>, kind: string, tracer: Tracer): AggregateStore<State> => ({
  load: (id) => store.load(id),
  findByUnique: (index, key) => store.findByUnique(index, key),
  list: (query) => store.list(query),
  count: (filters) => store.count(filters),
  outbox: store.outbox,
  async save(change) {
    const parent = spanContextOf(change.outbox[0]?.record.headers.ce_traceparent);
    // What no request asked for begins no trace of its own.
    if (parent === undefined) return await store.save(change);
    const attributes = {
      'db.operation.name': 'save',
      'db.collection.name': kind,
      'gatehouse.outbox.records': change.outbox.length,
    };
    const span = startSpan(tracer, { name: `save ${kind}`, kind: SpanKind.CLIENT, attributes, parent });
    await during([span], () => store.save(change));
  },
});

/** The stores with a span around each save of state and facts; reads are left alone. */
export const storesWithSpans = <Stores extends StoreHost>(stores: Stores, tracer: Tracer): Stores =>
  new Proxy(stores, {
    get(target, name) {
      if (name === 'aggregates') {
        return <State>(kind: string) => storeWithSpans(target.aggregates<State>(kind), kind, tracer);
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
