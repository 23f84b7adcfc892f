import type { Ids } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { LoginAttempt } from '@gatehouse/login-state';
import type { Cookies } from '../cookies.ts';
import { LoginRefusal } from './login-refusal.ts';

/** The browser that a login belongs to: one random cookie per browser, of which attempts keep the hash. */
export interface BrowserBinding {
  readonly hash: string;
  readonly setCookie: string;
}

/** The browser's binding, made new when it has none. One for all its tabs: abandoned logins leave no cookies behind. */
export const bindBrowser = (cookieHeader: string | undefined, cookies: Cookies, ids: Ids): BrowserBinding => {
  const secret = cookies.browser.read(cookieHeader) ?? ids.secret();
  return { hash: tokenHash(secret), setCookie: cookies.browser.set(secret) };
};

/**
 * Only the browser that began a login may end it: an answer pushed into another browser would sign that one in as somebody
 * else (login CSRF).
 * @throws LoginRefusal `browser_unbound` without the cookie, `browser_mismatch` with another one
 */
export const requireSameBrowser = (
  cookieHeader: string | undefined,
  cookies: Cookies,
  attempt: Pick<LoginAttempt, 'browserHash'>,
): void => {
  const secret = cookies.browser.read(cookieHeader);
  if (secret === undefined) throw new LoginRefusal('browser_unbound');
  // Hashes of unguessable values: how long the comparison takes tells nothing that helps.
  if (tokenHash(secret) !== attempt.browserHash) throw new LoginRefusal('browser_mismatch');
};
