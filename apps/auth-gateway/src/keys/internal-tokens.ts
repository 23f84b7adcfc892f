import { type Caller, type Clock, internalToken } from '@gatehouse/contracts';
import type { SigningKeys } from '@gatehouse/keyring';
import { gatewayActor } from '../facts.ts';

/** Tokens with which the gateway calls the services behind it. */
export interface InternalTokens {
  /** For the caller's rights, in his name. */
  forCaller(caller: Caller): Promise<string>;
  /** For commands of the gateway's own. */
  forGateway(): Promise<string>;
}

/** A token is used again for this long: half its life, so that it is never stale when it arrives. */
const reuseMs = 30_000;
const mostCallers = 1_000;

export const createInternalTokens = (deps: {
  readonly signingKeys: SigningKeys;
  readonly issuer: string;
  readonly clock: Clock;
}): InternalTokens => {
  const { signingKeys, issuer, clock } = deps;
  const cached = new Map<string, { readonly token: string; readonly until: number }>();

  const forCaller = async ({ actor, rights }: Caller): Promise<string> => {
    const key = `${actor} ${rights.join(' ')}`;
    const known = cached.get(key);
    if (known !== undefined && known.until > clock.now()) return known.token;
    const { token } = await signingKeys.sign(
      { rights: [...rights] },
      {
        typ: internalToken.typ,
        audience: internalToken.audience,
        lifeSeconds: internalToken.lifeSeconds,
        issuer,
        subject: actor,
      },
    );
    if (cached.size >= mostCallers) cached.clear();
    cached.set(key, { token, until: clock.now() + reuseMs });
    return token;
  };

  return { forCaller, forGateway: () => forCaller({ actor: gatewayActor, rights: ['admin'] }) };
};
