import { ProblemError } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import { denySubjects, type LoginAttempt } from '@gatehouse/login-state';
import { isUsable, type UsableConnector } from '../projection/known.ts';
import { isDenied } from '../sessions/standing.ts';
import { bindBrowser } from './browser-binding.ts';
import type { LoginDeps } from './login-deps.ts';
import { parseReturnTo, type ReturnTo } from './return-to.ts';

/** How long a person may take at his identity provider, in milliseconds. */
export const attemptLifeMs = 10 * 60_000;

export interface StartRequest {
  readonly reference: string;
  readonly returnTo: string | undefined;
  readonly cookieHeader: string | undefined;
  readonly traceparent: string;
}

export interface StartedLogin {
  readonly redirectUrl: string;
  readonly setCookie: string;
}

const readReturnTo = ({ settings, addresses }: LoginDeps, returnTo: string | undefined): ReturnTo => {
  if (returnTo === undefined) return { kind: 'here', path: '/' };
  const parsed = parseReturnTo(returnTo, {
    origin: addresses.origin,
    allowedOrigins: settings.allowedReturnOrigins,
  });
  if (parsed === undefined) throw new ProblemError('invalid_return_to');
  return parsed;
};

// An unknown, a deleted and a disabled reference end in the same error: the address does not tell which exist.
const usableConnector = async (deps: LoginDeps, reference: string): Promise<UsableConnector> => {
  const known = deps.projection.connectorByReference(reference);
  const found = isUsable(known) && !(await isDenied(deps, [denySubjects.connector(known.id)])) ? known : undefined;
  if (found === undefined) throw new ProblemError('login_address_unknown');
  return found;
};

const sessionOfBrowser = async (deps: LoginDeps, cookieHeader: string | undefined): Promise<string | undefined> => {
  const token = deps.cookies.session.read(cookieHeader);
  return token === undefined ? undefined : (await deps.loginState.readSession('user', tokenHash(token)))?.id;
};

/**
 * Stores an attempt and says where the browser goes: to the identity provider, with the attempt's handle as RelayState.
 * @throws ProblemError `invalid_return_to`, `login_address_unknown`
 * @throws LoginStateError `state_unavailable`
 */
export const startLogin = async (deps: LoginDeps, request: StartRequest): Promise<StartedLogin> => {
  const { clock, ids, cookies, loginState, serviceProvider } = deps;
  const returnTo = readReturnTo(deps, request.returnTo);
  const connector = await usableConnector(deps, request.reference);
  const browser = bindBrowser(request.cookieHeader, cookies, ids);
  const replacesSessionId = await sessionOfBrowser(deps, request.cookieHeader);
  const startedAt = clock.now();
  const attempt: LoginAttempt = {
    id: ids.id('attempt'),
    handle: ids.secret(),
    connectorId: connector.id,
    connectorVersion: connector.version,
    browserHash: browser.hash,
    returnTo: returnTo.kind === 'here' ? returnTo.path : returnTo.url,
    // xs:NCName: begins with a letter or an underscore (SAML Core 1.3.4).
    requestId: `_${ids.secret(20)}`,
    startedAt,
    expiresAt: startedAt + attemptLifeMs,
    traceparent: request.traceparent,
    ...(replacesSessionId === undefined ? {} : { replacesSessionId }),
  };
  const { redirectUrl } = await serviceProvider.begin(connector.saml, {
    requestId: attempt.requestId,
    relayState: attempt.handle,
  });
  await loginState.putAttempt(attempt);
  return { redirectUrl, setCookie: browser.setCookie };
};
