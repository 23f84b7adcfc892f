/** Where a browser goes after a login. */
export type ReturnTo =
  | { readonly kind: 'here'; readonly path: string }
  | { readonly kind: 'elsewhere'; readonly url: string; readonly origin: string };

const mostLength = 2048;
// The URL parser drops tabs and line breaks and reads `\` as `/`: what is checked would not be what the browser follows.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const deceptive = /[\u0000-\u0020\u007f\\]/;

/**
 * Reads `return_to`: a path on the base URL, or an absolute address on the base URL or an allowed origin.
 * @returns undefined for everything else; nothing is repaired
 */
export const parseReturnTo = (
  input: string,
  options: { readonly origin: string; readonly allowedOrigins: readonly string[] },
): ReturnTo | undefined => {
  if (input.length === 0 || input.length > mostLength || deceptive.test(input)) return undefined;
  if (input.startsWith('/')) return pathHere(input, options.origin);
  if (!/^https?:\/\/[^/]/i.test(input) || !URL.canParse(input)) return undefined;
  const url = new URL(input);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.origin === options.origin) return pathHere(url.pathname + url.search + url.hash, options.origin);
  if (!options.allowedOrigins.includes(url.origin)) return undefined;
  return { kind: 'elsewhere', url: url.href, origin: url.origin };
};

const pathHere = (path: string, origin: string): ReturnTo | undefined => {
  if (path.startsWith('//') || !URL.canParse(path, origin)) return undefined;
  const url = new URL(path, origin);
  // Dot segments are gone now: `/.//evil.example` has become `//evil.example`, an address on another host.
  if (url.origin !== origin || url.pathname.startsWith('//')) return undefined;
  return { kind: 'here', path: url.pathname + url.search + url.hash };
};

/** The address to redirect to, with the one-time code where the application is on another origin. */
export const returnAddress = (returnTo: ReturnTo, code: string | undefined): string => {
  if (returnTo.kind === 'here') return returnTo.path;
  const url = new URL(returnTo.url);
  if (code !== undefined) url.searchParams.set('code', code);
  return url.href;
};
