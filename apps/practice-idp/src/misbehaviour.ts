import type { FlawName } from './saml/flaws/index.ts';

/** What the process does wrong unless a sign-in says otherwise, and what it needs to remember for that. */
export interface Misbehaviour {
  readonly flaw: FlawName | undefined;
  choose(flaw: FlawName | undefined): void;
  /** The response to send instead of a fresh one: with the flaw `replayed` the last that went to this address. */
  replay(acsUrl: string, flaw: FlawName | undefined, fresh: () => string): string;
}

/** Service providers that are remembered; a practice identity provider meets a handful. */
const most = 100;

export function createMisbehaviour(): Misbehaviour {
  const lastResponses = new Map<string, string>();
  let chosen: FlawName | undefined;
  return {
    get flaw() {
      return chosen;
    },
    choose(flaw) {
      chosen = flaw;
    },
    replay(acsUrl, flaw, fresh) {
      const last = lastResponses.get(acsUrl);
      if (flaw === 'replayed' && last !== undefined) return last;
      const response = fresh();
      if (lastResponses.size >= most) lastResponses.clear();
      lastResponses.set(acsUrl, response);
      return response;
    },
  };
}
