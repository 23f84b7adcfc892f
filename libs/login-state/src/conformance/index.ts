/**
 * What every adapter of the login state must do, as one suite: `loginStateConformance('SQLite', makeAdapter)` in a test file
 * registers it. It knows the port only; how to open a state twice, let time pass and interrupt it comes from the adapter's tests.
 */
import { describe } from 'vitest';
import { attemptsConformance } from './attempts.ts';
import { completionConformance } from './completion.ts';
import { factsConformance } from './facts.ts';
import type { MakeLoginState } from './harness.ts';
import { sessionsConformance } from './sessions.ts';
import { singleUseConformance } from './single-use.ts';
import { upkeepConformance } from './upkeep.ts';

export type { LoginStateFixture, MakeLoginState } from './harness.ts';

/** Registers the suite under `name`. `make` is called once per test and gives a new, empty state each time. */
export const loginStateConformance = (name: string, make: MakeLoginState): void => {
  describe(`login state on ${name}`, () => {
    attemptsConformance(make);
    completionConformance(make);
    sessionsConformance(make);
    singleUseConformance(make);
    factsConformance(make);
    upkeepConformance(make);
  });
};
