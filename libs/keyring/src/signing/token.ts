import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose';
import { KeyringError, type KeyringErrorCode } from '../errors.ts';

/**
 * ES256 and not EdDSA, because libraries and gateways that check our tokens all know ES256 (recommended by RFC 7518, 3.1), while many
 * still lack EdDSA.
 */
export const signingAlgorithm = 'ES256';

/** What a token must be to count; all of it is required. */
export interface TokenExpectation {
  /** The header's `typ`, which tells kinds of tokens of one issuer apart (RFC 8725, 3.11). */
  readonly typ: string;
  readonly audience: string;
  readonly issuer: string;
}

export type VerifiedClaims = JWTPayload & {
  readonly iss: string;
  readonly sub: string;
  /** Seconds since the epoch, as `iat`. */
  readonly exp: number;
  readonly iat: number;
};

/** Clocks of two machines may differ by this. */
const clockToleranceSeconds = 5;
const mostCharacters = 8192;

const claimCodes: Readonly<Record<string, KeyringErrorCode>> = {
  aud: 'token_audience',
  iss: 'token_issuer',
  typ: 'token_type',
};

const refusal = (cause: unknown): KeyringError => {
  if (cause instanceof KeyringError) return cause;
  const refused = (code: KeyringErrorCode, message: string) => new KeyringError(code, message, { cause });
  if (cause instanceof errors.JWTExpired) return refused('token_expired', 'the token has expired');
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return refused(
      claimCodes[cause.claim] ?? 'token_claim',
      `the token's ${cause.claim} is missing or not the expected one`,
    );
  }
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return refused('token_signature', "the token's signature is wrong");
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return refused('token_algorithm', `the token is not signed with ${signingAlgorithm}`);
  return refused('token_malformed', 'the token is not a well-formed JWT');
};

/**
 * Checks signature, algorithm, type, issuer, audience and times of a token (RFC 8725, 3.1, 3.8, 3.9, 3.11). The algorithm is
 * refused before a key is looked for, so that neither `none` nor a public key used as an HMAC secret gets that far.
 * @param keyOf the public key of a key id; undefined when there is none
 * @param now epoch milliseconds
 * @throws KeyringError `token_malformed`, `token_algorithm`, `token_unknown_key`, `token_signature`, `token_type`,
 * `token_issuer`, `token_audience`, `token_expired`, `token_claim`, and what `keyOf` throws
 */
export const verifyToken = async (
  token: string,
  keyOf: (kid: string) => Promise<CryptoKey | undefined>,
  { typ, audience, issuer }: TokenExpectation,
  now: number,
): Promise<VerifiedClaims> => {
  if (token.length > mostCharacters) throw new KeyringError('token_malformed', 'the token is too long');
  try {
    const { payload } = await jwtVerify<VerifiedClaims>(
      token,
      async ({ kid }) => {
        const key = typeof kid === 'string' ? await keyOf(kid) : undefined;
        if (key === undefined) throw new KeyringError('token_unknown_key', 'the token names no key that is known');
        return key;
      },
      {
        algorithms: [signingAlgorithm],
        typ,
        audience,
        issuer,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(now),
        clockTolerance: clockToleranceSeconds,
      },
    );
    return payload;
  } catch (error) {
    throw refusal(error);
  }
};
