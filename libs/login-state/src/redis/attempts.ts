import type { Clock } from '@gatehouse/contracts';
import type { CompleteLogin, CompleteOutcome, LoginState } from '../login-state.ts';
import type { Connection, ScriptArguments } from './connection.ts';
import type { Keys } from './keys.ts';
import { unavailable } from './redis-faults.ts';
import { scripts } from './scripts.ts';
import { decodeAttempt, decodeTimed, encodeAttempt, encodeFacts, encodeSession } from './values.ts';

type Attempts = Pick<
  LoginState,
  'putAttempt' | 'readAttempt' | 'recordRefusal' | 'stashAnswer' | 'readStash' | 'completeLogin'
>;

/** Refusals leave the last tenth of the waiting facts to logins. */
const refusalsShare = 0.9;

/** Each further try means that another refusal of the same attempt came first. */
const mostTries = 100;

export interface AttemptDeps {
  readonly connection: Connection;
  readonly prefix: string;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly factsLimit: number;
  readonly stashLimit: number;
  /** Called when facts were appended. */
  readonly announce: () => void;
}

/**
 * Facts are numbered after the attempt's refusals, of which nearly every attempt has none: they are made for none first, and the script
 * answers with the number when there are others.
 */
const numbered = async <Outcome>(send: (refusals: number) => Promise<unknown>): Promise<Outcome> => {
  let refusals = 0;
  for (let i = 0; i < mostTries; i++) {
    const outcome = await send(refusals);
    if (typeof outcome !== 'number') return outcome as Outcome;
    refusals = outcome;
  }
  throw unavailable(new Error('too many refusals of one attempt at once'));
};

export const redisAttempts = (deps: AttemptDeps): Attempts => {
  const { connection, prefix, keys, clock, factsLimit, stashLimit, announce } = deps;

  const completionArguments = (step: CompleteLogin, refusals: number): ScriptArguments => {
    const { attemptHandle, claim, session, put, replaces } = step;
    const replacedFacts = encodeFacts(replaces?.facts ?? []);
    return [
      prefix,
      clock.now(),
      attemptHandle,
      refusals,
      factsLimit,
      ...(claim === undefined ? ['0', '', ''] : ['1', claim.key, claim.until]),
      keys.session(session.kind, session.tokenHash),
      session.id,
      encodeSession(session),
      ...(put === undefined ? ['0', '', '', ''] : ['1', keys.once(put.key), `${put.until} ${put.value}`, put.until]),
      replaces?.sessionId ?? '',
      replacedFacts.length,
      ...replacedFacts,
      ...encodeFacts(step.facts(refusals)),
    ];
  };

  return {
    async putAttempt(attempt) {
      const life = attempt.expiresAt - clock.now();
      if (life <= 0) return;
      const value = encodeAttempt(attempt);
      const kept = await connection.run((redis) => redis.set(keys.attempt(attempt.handle), value, 'PX', life, 'NX'));
      if (kept === null) throw unavailable(new Error('there is an attempt of this handle'));
    },
    async readAttempt(handle) {
      const value = await connection.run((redis) => redis.get(keys.attempt(handle)));
      return value === null ? undefined : decodeAttempt(value, clock.now());
    },
    async recordRefusal(handle, most, facts) {
      const limit = factsLimit * refusalsShare;
      const outcome = await numbered<'recorded' | 'dropped'>((refusals) =>
        connection.script(scripts.recordRefusal, [
          prefix,
          clock.now(),
          handle,
          refusals,
          most,
          limit,
          ...encodeFacts(facts(refusals)),
        ]),
      );
      if (outcome === 'recorded') announce();
      return outcome;
    },
    stashAnswer({ key, attemptHandle, value, until }, most) {
      const args = [prefix, clock.now(), key, attemptHandle, value, Buffer.byteLength(value), until, most, stashLimit];
      return connection.script(scripts.stashAnswer, args) as Promise<'kept' | 'full' | 'attempt_unknown'>;
    },
    async readStash(key) {
      const stored = await connection.run((redis) => redis.get(keys.answer(key)));
      const text = decodeTimed(stored, clock.now());
      if (text === undefined) return undefined;
      const end = text.indexOf('\n');
      return { attemptHandle: text.slice(0, end), value: text.slice(end + 1) };
    },
    async completeLogin(step) {
      try {
        const outcome = await numbered<CompleteOutcome>((refusals) =>
          connection.scriptLasting(scripts.completeLogin, completionArguments(step, refusals)),
        );
        if (outcome === 'completed') announce();
        return outcome;
      } catch (error) {
        // It may have happened all the same: then its facts wait.
        announce();
        throw error;
      }
    },
  };
};
