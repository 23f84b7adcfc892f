import type { Clock } from '@gatehouse/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Account, accountOf } from './accounts.ts';

/** Who is signed in at the identity provider itself, kept in a signed cookie: a second sign-in is silent. */
export interface SignInSession {
  accountOf(request: FastifyRequest): Account | undefined;
  start(reply: FastifyReply, account: Account): void;
  end(reply: FastifyReply): void;
}

const cookieName = 'practice_idp_session';
const lifetimeSeconds = 8 * 3_600;

export function createSignInSession(deps: { readonly clock: Clock; readonly isSecure: () => boolean }): SignInSession {
  const cookie = () => ({ path: '/', httpOnly: true, sameSite: 'lax', secure: deps.isSecure(), signed: true }) as const;
  return {
    accountOf(request) {
      const { valid, value } = request.unsignCookie(request.cookies[cookieName] ?? '');
      if (!valid || value === null) return undefined;
      const [startedAt, email] = splitOnce(value);
      const isOver = deps.clock.now() >= Number(startedAt) + lifetimeSeconds * 1_000;
      return isOver ? undefined : accountOf(email);
    },
    start(reply, account) {
      reply.setCookie(cookieName, `${deps.clock.now()}.${account.email}`, { ...cookie(), maxAge: lifetimeSeconds });
    },
    end(reply) {
      reply.clearCookie(cookieName, { ...cookie(), signed: false });
    },
  };
}

function splitOnce(value: string): readonly [string, string] {
  const dot = value.indexOf('.');
  return [value.slice(0, dot), value.slice(dot + 1)];
}
