/** A map of bounded size that forgets what was not asked for lately. */
export interface BoundedCache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  clear(): void;
}

/**
 * Two generations: what is asked for moves into the young one, and when that is full it becomes the old one, whose entries
 * are forgotten. A hit among the young, which is nearly every one, costs one lookup and writes nothing.
 * @param most entries that are held at most; at least half as many of the latest are
 */
export const createBoundedCache = <Key, Value extends object>(most: number): BoundedCache<Key, Value> => {
  const half = Math.max(1, Math.floor(most / 2));
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();

  const set = (key: Key, value: Value): void => {
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    clear() {
      young.clear();
      old.clear();
    },
  };
};
