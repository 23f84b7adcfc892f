/** Keeps what was used last, at most `bound` entries; the one unused for longest goes first. */
export interface BoundedCache<Value> {
  readonly size: number;
  /** The value of the key, made when it is not there. What `make` throws is thrown and nothing is kept. */
  get(key: string, make: () => Value): Value;
}

export const createBoundedCache = <Value>(bound: number): BoundedCache<Value> => {
  const entries = new Map<string, { readonly value: Value }>();
  return {
    get size() {
      return entries.size;
    },
    get(key, make) {
      const entry = entries.get(key) ?? { value: make() };
      entries.delete(key);
      entries.set(key, entry);
      const oldest = entries.keys().next();
      if (entries.size > bound && !oldest.done) entries.delete(oldest.value);
      return entry.value;
    },
  };
};
