import type { FastifyInstance } from 'fastify';

interface KnownPath {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

const segmentsOf = (path: string): readonly string[] => path.split('/');

const fits = (pattern: readonly string[], path: readonly string[]): boolean => {
  for (const [at, segment] of pattern.entries()) {
    if (segment === '*') return path.length > at;
    const given = path[at];
    if (given === undefined) return false;
    if (segment.startsWith(':') ? given === '' : segment !== given) return false;
  }
  return pattern.length === path.length;
};

/**
 * Remembers the routes as they are registered, so that an address that exists but does not take a method answers 405
 * with `Allow` (RFC 9110 15.5.6). Must be called before the first route.
 * @returns the methods that the path takes; empty where nothing is at the path
 */
export const rememberRoutes = (app: FastifyInstance): ((path: string) => readonly string[]) => {
  const known = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const path = known.get(url) ?? { segments: segmentsOf(url), methods: new Set<string>() };
    for (const one of Array.isArray(method) ? method : [method]) path.methods.add(one);
    known.set(url, path);
  });
  return (path) => {
    const segments = segmentsOf(path);
    const methods = new Set<string>();
    for (const candidate of known.values()) {
      if (!fits(candidate.segments, segments)) continue;
      for (const method of candidate.methods) methods.add(method);
    }
    return [...methods].sort();
  };
};
