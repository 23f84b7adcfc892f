import { X509Certificate } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeedSettings } from './settings.ts';

/** What the demonstration consists of. */
export interface Seeded {
  readonly loginAddress: string;
  readonly usernames: readonly string[];
}

export interface SeedOptions {
  /** How long to wait for the product and the identity provider, in milliseconds; two minutes unless told. */
  readonly patienceMs?: number;
  /** Between two attempts, in milliseconds; a second unless told. */
  readonly pauseMs?: number;
}

/** Codes: `seed_refused` (the product said no), `seed_out_of_reach` (nobody answered in time). */
export class SeedError extends Error {
  override readonly name = 'SeedError';
  readonly code: 'seed_refused' | 'seed_out_of_reach';
  constructor(code: SeedError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const reference = 'practice';
const usernames = ['alice@example.com', 'bob@example.com'] as const;
const requestLimitMs = 10_000;

interface IdentityProvider {
  readonly issuerUrl: string;
  readonly endpoint: string;
  readonly certificate: string;
}

interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Makes the connector `practice` for the practice identity provider and two linked users through the administration's API.
 * What is there already is kept, but the connector follows the identity provider's addresses and key. May be repeated.
 *
 * @throws SeedError `seed_refused` when the product refuses a request, `seed_out_of_reach` when it, or the identity
 *   provider, does not answer in time
 */
export async function seedPractice(settings: SeedSettings, options: SeedOptions = {}): Promise<Seeded> {
  const { patienceMs = 120_000, pauseMs = 1_000 } = options;
  const deadline = performance.now() + patienceMs;

  /** Asks until there is an answer that another attempt would not change. */
  const persistently = async (what: string, attempt: () => Promise<Response>): Promise<Response> => {
    for (;;) {
      const answer = await attempt().catch((error: unknown) => error);
      if (answer instanceof Response && answer.status < 500) return answer;
      if (performance.now() + pauseMs > deadline) {
        const why = answer instanceof Response ? `answered ${answer.status}` : 'did not answer';
        throw new SeedError('seed_out_of_reach', `${what} ${why}`, answer instanceof Error ? { cause: answer } : {});
      }
      if (answer instanceof Response) await answer.body?.cancel();
      await wait(pauseMs);
    }
  };

  const call = async (method: string, path: string, body?: unknown, etag?: string): Promise<Answer> => {
    const answer = await persistently(settings.gatewayUrl, () =>
      fetch(new URL(path, settings.gatewayUrl), {
        method,
        headers: {
          authorization: `Bearer ${settings.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(etag === undefined ? {} : { 'if-match': etag }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(requestLimitMs),
      }),
    );
    const text = await answer.text();
    if (!answer.ok && answer.status !== 409) {
      throw new SeedError('seed_refused', `${method} ${path} answered ${answer.status} ${text}`);
    }
    return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: text === '' ? {} : JSON.parse(text) };
  };

  /** What this run makes, or what is there under that name. */
  const madeOrFound = async (path: string, key: string, name: string, body: unknown): Promise<string> => {
    const made = await call('POST', path, body);
    if (made.status !== 409) return String(made.body.id);
    const found = await call('GET', `${path}?limit=200&q=${encodeURIComponent(name)}`);
    const items = Array.isArray(found.body.items) ? found.body.items : [];
    const same = items.find((item) => String(item[key]).toLowerCase() === name);
    if (same === undefined) throw new SeedError('seed_refused', `${path} has no ${name}, and takes none`);
    return String(same.id);
  };

  const identityProvider = async (): Promise<IdentityProvider> => {
    const { metadataUrl } = settings;
    const answer = await persistently(metadataUrl, () =>
      fetch(metadataUrl, { signal: AbortSignal.timeout(requestLimitMs) }),
    );
    return readMetadata(await answer.text());
  };

  const idp = await identityProvider();
  const saml = { issuerUrl: idp.issuerUrl, endpoint: idp.endpoint, certificates: [idp.certificate] };
  const connector = await madeOrFound('/api/connectors', 'reference', reference, {
    name: 'Practice',
    reference,
    type: 'SAML_V2',
    saml: { ...saml, nameIdFormat: 'emailAddress' },
  });
  const path = `/api/connectors/${connector}`;
  const { etag, body } = await call('GET', path);
  if (!isSame(body, idp)) await call('PATCH', path, { saml }, etag);
  for (const username of usernames) {
    const [local = ''] = username.split('@');
    const displayName = local.charAt(0).toUpperCase() + local.slice(1);
    const user = await madeOrFound('/api/users', 'username', username, { username, displayName });
    await call('PUT', `/api/users/${user}/connectors/${connector}`);
  }
  return { loginAddress: String(body.loginAddress), usernames };
}

/** The practice identity provider's own metadata, whose form is known: this is no reader of metadata. */
function readMetadata(xml: string): IdentityProvider {
  const [, issuerUrl] = /entityID="([^"]+)"/.exec(xml) ?? [];
  const [, endpoint] = /HTTP-Redirect" Location="([^"]+)"/.exec(xml) ?? [];
  const [, certificate] = /<ds:X509Certificate>([^<]+)</.exec(xml) ?? [];
  if (issuerUrl === undefined || endpoint === undefined || certificate === undefined) {
    throw new SeedError('seed_refused', 'PRACTICE_SEED_METADATA_URL holds no metadata of a practice identity provider');
  }
  return { issuerUrl, endpoint, certificate: new X509Certificate(Buffer.from(certificate, 'base64')).toString() };
}

function isSame(connector: Answer['body'], idp: IdentityProvider): boolean {
  const text = JSON.stringify(connector.saml ?? {});
  const { fingerprint256 } = new X509Certificate(idp.certificate);
  return [idp.issuerUrl, idp.endpoint, fingerprint256].every((part) => text.includes(JSON.stringify(part)));
}
