import { inflateRawSync } from 'node:zlib';

/** A login as far as the identity provider, seen by a browser that this code plays. */
export interface StartedLogin {
  /** Cookie header for the requests that follow. */
  readonly cookie: string;
  readonly relayState: string;
  /** The AuthnRequest's ID, which the response must name. */
  readonly requestId: string;
}

const cookiesOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');

/**
 * Opens a login address and reads what the browser is sent to the identity provider with.
 * @throws when the answer is no redirect with an AuthnRequest
 */
export async function startLogin(origin: string, reference: string, cookie = ''): Promise<StartedLogin> {
  const answer = await fetch(`${origin}/api/sso/login/${reference}`, {
    redirect: 'manual',
    headers: cookie === '' ? {} : { cookie },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  const location = answer.headers.get('location');
  if (answer.status !== 302 || location === null)
    throw new Error(`the login did not start: ${answer.status} ${text.slice(0, 300)}`);
  const query = new URL(location).searchParams;
  const request = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString();
  const requestId = / ID="([^"]+)"/.exec(request)?.[1];
  if (requestId === undefined) throw new Error('the AuthnRequest has no ID');
  return { cookie: cookiesOf(answer) || cookie, relayState: query.get('RelayState') ?? '', requestId };
}

export interface PostedAnswer {
  readonly status: number;
  readonly location: string | undefined;
  /** Cookie header with the session, when one was started. */
  readonly session: string | undefined;
  readonly text: string;
}

/** Posts a SAML response as the identity provider's page would, with the browser's cookie. */
export async function postAnswer(origin: string, login: StartedLogin, samlResponse: string): Promise<PostedAnswer> {
  const answer = await fetch(`${origin}/api/sso/login/callback`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: login.cookie },
    body: new URLSearchParams({ SAMLResponse: samlResponse, RelayState: login.relayState }).toString(),
    signal: AbortSignal.timeout(10_000),
  });
  const cookies = cookiesOf(answer);
  return {
    status: answer.status,
    location: answer.headers.get('location') ?? undefined,
    session: /(^|; |-)gatehouse_session=[^;]/.test(cookies) ? cookies : undefined,
    text: await answer.text(),
  };
}
