import { type Clock, internalToken, isoTime, ProblemError, type TokenAnswer } from '@gatehouse/contracts';
import { KeyringError, type SigningKeys } from '@gatehouse/keyring';
import { decodeJwt } from 'jose';
import { endOfSession, type SignedIn } from './current-session.ts';

/** Type of a session's JWT; the internal token has one of its own, so that neither ever passes for the other. */
export const sessionTokenTyp = 'JWT';
const longestLifeSeconds = 300;

/** JWTs that tell other services who is signed in. */
export interface SessionTokens {
  /**
   * A JWT of at most five minutes and no longer than the session: `iss`, `sub`, `aud`, `email`, `connector`, `sid`.
   * @param audience the base URL unless told
   * @throws ProblemError `invalid_audience`
   */
  issue(signedIn: SignedIn, audience?: string): Promise<TokenAnswer>;
  /** For an origin that a login may return to: the code that was sent there is what allows it. */
  issueForOrigin(signedIn: SignedIn, origin: string): Promise<TokenAnswer>;
  /** The session that a JWT of ours names; undefined for every other text. */
  sessionIdOf(token: string): Promise<string | undefined>;
}

const audienceOf = (token: string): string | undefined => {
  try {
    const { aud } = decodeJwt(token);
    return typeof aud === 'string' ? aud : undefined;
  } catch {
    return undefined;
  }
};

export const createSessionTokens = (deps: {
  readonly signingKeys: SigningKeys;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly returnOrigins: readonly string[];
  readonly clock: Clock;
}): SessionTokens => {
  const { signingKeys, issuer, clock } = deps;
  const isOurs = (audience: string): boolean => audience !== internalToken.audience;
  const grantable = new Set([issuer, ...deps.audiences].filter(isOurs));
  const known = new Set([...grantable, ...deps.returnOrigins].filter(isOurs));

  const sign = async (signedIn: SignedIn, audience: string): Promise<TokenAnswer> => {
    const { session, user, connector } = signedIn;
    const left = Math.floor((endOfSession(session) - clock.now()) / 1000);
    const { token, expiresAt } = await signingKeys.sign(
      { email: user.username, connector: connector.id, sid: session.id },
      {
        typ: sessionTokenTyp,
        audience,
        issuer,
        subject: user.id,
        lifeSeconds: Math.max(1, Math.min(longestLifeSeconds, left)),
      },
    );
    return { token, expiresAt: isoTime(expiresAt) };
  };

  return {
    async issue(signedIn, audience = issuer) {
      if (!grantable.has(audience)) throw new ProblemError('invalid_audience');
      return await sign(signedIn, audience);
    },
    issueForOrigin: sign,
    async sessionIdOf(token) {
      // Read before it is verified only to learn which audience to verify with; it must be one of ours.
      const audience = audienceOf(token);
      if (audience === undefined || !known.has(audience)) return undefined;
      try {
        const { sid } = await signingKeys.verify(token, { typ: sessionTokenTyp, audience, issuer });
        return typeof sid === 'string' ? sid : undefined;
      } catch (error) {
        if (error instanceof KeyringError && error.code.startsWith('token_')) return undefined;
        throw error;
      }
    },
  };
};
