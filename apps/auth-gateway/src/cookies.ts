import type { GatewayAddresses } from './settings.ts';

export type CookieRole = 'session' | 'admin' | 'browser';

/** One of the gateway's cookies: all are HttpOnly, host-only and for the path `/`. */
export interface Cookie {
  readonly name: string;
  /** The value in a `Cookie` header; undefined when absent or not of our form. */
  read(header: string | undefined): string | undefined;
  /** Value of `Set-Cookie`. `maxAgeSeconds` absent: until the browser closes. */
  set(value: string, maxAgeSeconds?: number): string;
  clear(): string;
}

/**
 * SameSite. The browser binding must come with the identity provider's cross-site POST, which needs `None`, and browsers
 * take `None` only with `Secure`; without https it is `Lax` and comes with the top-level GET that the callback goes on to.
 */
const sameSite = (role: CookieRole, secure: boolean): string => {
  if (role === 'admin') return 'Strict';
  return role === 'browser' && secure ? 'None' : 'Lax';
};

// What `Ids.secret()` makes: anything else was not set by us.
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Whether a pair begins there: RFC 6265 4.2.1, with any blanks after the semicolon. */
const beginsPair = (header: string, at: number): boolean => {
  let before = at - 1;
  while (header[before] === ' ' || header[before] === '\t') before--;
  return before < 0 || header[before] === ';';
};

export const createCookie = (role: CookieRole, { secure }: Pick<GatewayAddresses, 'secure'>): Cookie => {
  // RFC 6265bis 4.1.3.2: with the prefix, no other host of the domain can plant a cookie of this name.
  const name = `${secure ? '__Host-' : ''}gatehouse_${role}`;
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite(role, secure)}${secure ? '; Secure' : ''}`;
  const start = `${name}=`;
  return {
    name,
    read(header) {
      if (header === undefined) return undefined;
      for (let at = header.indexOf(start); at >= 0; at = header.indexOf(start, at + 1)) {
        if (!beginsPair(header, at)) continue;
        const from = at + start.length;
        const end = header.indexOf(';', from);
        const value = header.slice(from, end < 0 ? header.length : end).trimEnd();
        return tokenPattern.test(value) ? value : undefined;
      }
      return undefined;
    },
    set: (value, maxAgeSeconds) =>
      `${name}=${value}; ${attributes}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  };
};

/** The three cookies of the gateway. */
export interface Cookies {
  readonly session: Cookie;
  readonly admin: Cookie;
  readonly browser: Cookie;
}

export const createCookies = (addresses: Pick<GatewayAddresses, 'secure'>): Cookies => ({
  session: createCookie('session', addresses),
  admin: createCookie('admin', addresses),
  browser: createCookie('browser', addresses),
});
