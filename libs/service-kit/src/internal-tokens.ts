import { type Clock, internalToken } from '@gatehouse/contracts';
import { createTokenVerifier, KeyringError, type VerifiedClaims } from '@gatehouse/keyring';

/** Where the gateway publishes its keys, from its public address. */
export const jwksPath = '/.well-known/jwks.json';

const timeoutMs = 3_000;
/** Bytes; a set of keys has some hundred. */
const mostBytes = 64 * 1024;

type Jwks = Awaited<ReturnType<Parameters<typeof createTokenVerifier>[0]['jwks']>>;

const fetchJwks = async (url: string): Promise<Jwks> => {
  const answer = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!answer.ok) throw new KeyringError('jwks_unavailable', `${new URL(url).host} answered ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength > mostBytes) throw new KeyringError('jwks_unavailable', 'the set of keys is too large');
  const found: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const keys = typeof found === 'object' && found !== null && 'keys' in found ? found.keys : undefined;
  if (!Array.isArray(keys)) throw new KeyringError('jwks_unavailable', 'the answer is no set of keys');
  return { keys };
};

/**
 * Verifies the tokens with which the gateway calls a service in another process, by its published keys. Keys once fetched
 * count while the gateway is away; an unknown one makes them be fetched anew, at most once in ten seconds.
 * @throws KeyringError `token_*`; `jwks_unavailable` while no keys were ever fetched
 */
export const internalTokenVerifier = (options: {
  readonly baseUrl: string;
  /** The address of the keys, when it is not below the base URL. */
  readonly jwksUrl: string | undefined;
  readonly clock: Clock;
}): ((token: string) => Promise<VerifiedClaims>) => {
  const { baseUrl, jwksUrl = baseUrl + jwksPath, clock } = options;
  const { typ, audience } = internalToken;
  const verifier = createTokenVerifier({ jwks: () => fetchJwks(jwksUrl), clock, typ, audience, issuer: baseUrl });
  return (token) => verifier.verify(token);
};
