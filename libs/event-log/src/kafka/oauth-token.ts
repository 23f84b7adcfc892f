import { readFile } from 'node:fs/promises';
import type { Clock } from '@gatehouse/contracts';
import type { TokenProvider } from './kafka-options.ts';

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  readonly clock: Clock;
  readonly timeoutMs?: number | undefined;
}

/** A token is renewed so long before its end, in milliseconds: a connection must outlive its handshake. */
const renewBeforeMs = 60_000;

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/**
 * Tokens by the client credentials grant (RFC 6749, section 4.4), the secret as HTTP Basic (section 2.3.1), kept until
 * a minute before they end.
 * @throws Error naming the host and the status; never the secret or the answer's text
 */
export const clientCredentialsToken = (options: ClientCredentials): TokenProvider => {
  const { tokenUrl, clientId, clientSecret, scope, clock, timeoutMs = 5_000 } = options;
  const { host } = new URL(tokenUrl);
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
  let known: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (known !== undefined && clock.now() < known.until) return known.token;
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const response = await fetch(tokenUrl, {
      method: 'POST',
      body,
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`token endpoint ${host} answered ${response.status}`);
    const answer: unknown = await response.json();
    const { access_token: token, expires_in: seconds } = answer as Readonly<Record<string, unknown>>;
    if (typeof token !== 'string' || token === '') throw new Error(`token endpoint ${host} gave no access_token`);
    const lifeMs = typeof seconds === 'number' ? seconds * 1_000 : 0;
    known = { token, until: clock.now() + lifeMs - Math.min(renewBeforeMs, lifeMs / 2) };
    return token;
  };
};

/** The token in a file that something else keeps fresh, as Kubernetes does with projected service account tokens. */
export const fileToken =
  (path: string): TokenProvider =>
  async () => {
    const token = (await readFile(path, 'utf8')).trim();
    if (token === '') throw new Error(`token file ${path} is empty`);
    return token;
  };
