import { inflateRawSync } from 'node:zlib';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

interface StoredCookie {
  readonly value: string;
  readonly sameSite: string;
}

export interface Visit {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Asked for by a page of another site; by a page of our own unless told. */
  readonly crossSite?: boolean;
}

/** What the identity provider is sent to. */
export interface StartedLogin {
  readonly requestId: string;
  readonly relayState: string;
  readonly redirectUrl: string;
}

/** A browser with a cookie jar that heeds SameSite; it follows redirects only when told. */
export interface Browser {
  readonly cookies: Map<string, StoredCookie>;
  send(path: string, visit?: Visit): Promise<LightMyRequestResponse>;
  /** Opens a login address. */
  start(reference: string, query?: string): Promise<StartedLogin>;
  /** Posts an answer as the identity provider's page does, and follows our own redirects under /api/sso/. */
  answer(samlResponse: string, relayState: string | undefined, visit?: Visit): Promise<LightMyRequestResponse>;
}

const comesWith = (cookie: StoredCookie, method: string, crossSite: boolean): boolean => {
  if (!crossSite || cookie.sameSite === 'None') return true;
  return cookie.sameSite === 'Lax' && method === 'GET';
};

export const createBrowser = (app: FastifyInstance, origin: string, ip = '192.0.2.1'): Browser => {
  const cookies = new Map<string, StoredCookie>();

  const keep = (header: string | readonly string[] | undefined): void => {
    for (const line of [header ?? []].flat()) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split('=');
      if (attributes.includes('Max-Age=0')) cookies.delete(name);
      else {
        const sameSite = attributes.find((text) => text.startsWith('SameSite='))?.slice('SameSite='.length) ?? 'Lax';
        cookies.set(name, { value, sameSite });
      }
    }
  };

  const send: Browser['send'] = async (path, visit = {}) => {
    const { method = 'GET', form, json, crossSite = false } = visit;
    const sent = [...cookies].filter(([, cookie]) => comesWith(cookie, method, crossSite));
    const body = form === undefined ? json : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const answer = await app.inject({
      method,
      url: path,
      remoteAddress: ip,
      headers: {
        accept: 'text/html',
        ...(sent.length === 0 ? {} : { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(method === 'GET' ? {} : { origin: crossSite ? 'https://elsewhere.example' : origin }),
        ...visit.headers,
      },
      ...(body === undefined ? {} : { payload: body as string | object }),
    });
    keep(answer.headers['set-cookie']);
    return answer;
  };

  return {
    cookies,
    send,
    async start(reference, query = '') {
      const answer = await send(`/api/sso/login/${encodeURIComponent(reference)}${query}`);
      const redirectUrl = String(answer.headers.location);
      if (answer.statusCode !== 302) throw new Error(`start answered ${answer.statusCode}: ${answer.body}`);
      const { searchParams } = new URL(redirectUrl);
      const request = inflateRawSync(Buffer.from(searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
      const requestId = / ID="([^"]+)"/.exec(request)?.[1] ?? '';
      return { requestId, relayState: searchParams.get('RelayState') ?? '', redirectUrl };
    },
    async answer(samlResponse, relayState, visit = {}) {
      const posted = await send('/api/sso/login/callback', {
        method: 'POST',
        form: { SAMLResponse: samlResponse, ...(relayState === undefined ? {} : { RelayState: relayState }) },
        crossSite: true,
        ...visit,
      });
      const location = posted.headers.location;
      const goesOn = posted.statusCode === 303 && location?.startsWith('/api/sso/') === true;
      if (!goesOn) return posted;
      return await send(location, {
        crossSite: true,
        ...(visit.headers === undefined ? {} : { headers: visit.headers }),
      });
    },
  };
};
