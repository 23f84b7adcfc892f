import { isIP } from 'node:net';
import { KeyringError, type MasterKey, parseMasterKeys } from '@gatehouse/keyring';
import type { Parsed } from './settings-reader.ts';

// What texts of the environment may be. Each parser says in a few words what it wants, never what it got: it may be a secret.

const fault = (words: string): { readonly fault: string } => ({ fault: words });

export const text =
  (most: number) =>
  (given: string): Parsed<string> =>
    given.trim().length > 0 && given.length <= most && !/\p{Cc}/u.test(given)
      ? { value: given.trim() }
      : fault(`must be 1 to ${most} characters on one line`);

export const secretText =
  (least: number) =>
  (given: string): Parsed<string> =>
    given.length >= least && given.length <= 4096 && /^[\x21-\x7e]+$/.test(given)
      ? { value: given }
      : fault(`must be at least ${least} printable characters without spaces`);

export const wholeNumber =
  (least: number, most: number) =>
  (given: string): Parsed<number> => {
    const value = Number(given);
    return /^\d{1,12}$/.test(given) && value >= least && value <= most
      ? { value }
      : fault(`must be a whole number from ${least} to ${most}`);
  };

export const port = (given: string): Parsed<number> => {
  if (/^(tcp|udp):\/\//.test(given)) {
    return fault(
      'holds an address that Kubernetes made for a Service of this name (set enableServiceLinks: false in the pod)',
    );
  }
  return wholeNumber(0, 65_535)(given);
};

export const oneOf =
  <const Values extends readonly string[]>(values: Values) =>
  (given: string): Parsed<Values[number]> => {
    const value = values.find((candidate) => candidate === given);
    return value === undefined ? fault(`must be one of ${values.join(', ')}`) : { value };
  };

const millisecondsOf: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `24h`, `7d` → milliseconds. */
export const duration = (given: string): Parsed<number> => {
  const [, count, unit] = /^([1-9]\d{0,5})\s?([smhd])$/.exec(given.trim()) ?? [];
  const factor = millisecondsOf[unit ?? ''];
  return count === undefined || factor === undefined
    ? fault('must be a number and a unit: s, m, h or d')
    : { value: Number(count) * factor };
};

const originOf = (given: string): string | undefined => {
  if (!URL.canParse(given)) return undefined;
  const { protocol, username, password, pathname, search, hash, origin } = new URL(given);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return username === '' && password === '' && pathname === '/' && search === '' && hash === '' && !given.includes('?')
    ? origin
    : undefined;
};

/** Scheme, host and port, without a path; a slash at the end is dropped. */
export const origin = (given: string): Parsed<string> => {
  const value = originOf(given.trim());
  return value === undefined
    ? fault('must be an http or https address without a path, a query or credentials')
    : { value };
};

/** An http or https address with a path. */
export const webAddress = (given: string): Parsed<string> => {
  const wanted = fault('must be an http or https address without credentials');
  if (!URL.canParse(given.trim())) return wanted;
  const { protocol, username, password, href } = new URL(given.trim());
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && username === '' && password === '' ? { value: href } : wanted;
};

/** What stands before names in servers that are shared; `more` are signs that the server's names may also have. */
export const prefix =
  (more = '') =>
  (given: string): Parsed<string> =>
    given.length <= 64 && [...given].every((sign) => /[A-Za-z0-9._-]/.test(sign) || more.includes(sign))
      ? { value: given }
      : fault(`must be at most 64 letters, digits and the signs ${[...'._-', ...more].join(' ')}`);

/** A name that is part of a consumer group's: `gatehouse-gateway-audit` is the group that all gateways share. */
export const instanceName = (given: string): Parsed<string> =>
  /^[A-Za-z0-9._-]{1,128}$/.test(given) && given !== 'audit'
    ? { value: given }
    : fault('must be 1 to 128 letters, digits and the signs . _ -, and not "audit"');

const listOf =
  <Value>(one: (item: string) => Value | undefined, words: string) =>
  (given: string): Parsed<readonly Value[]> => {
    const items = given.split(',').map((item) => item.trim());
    const values = items.flatMap((item) => one(item) ?? []);
    return values.length === items.length ? { value: values } : fault(words);
  };

export const origins = listOf(originOf, 'must be http or https addresses without a path, separated by commas');

export const names = listOf(
  (item) => (/^[\x21-\x7e]{1,1024}$/.test(item) ? item : undefined),
  'must be names without spaces, separated by commas',
);

const addressOrNetwork = (item: string): string | undefined => {
  const [address = '', bits, more] = item.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return undefined;
  if (bits === undefined) return item;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128) ? item : undefined;
};

export const networks = listOf(addressOrNetwork, 'must be addresses or networks (CIDR), separated by commas');

export const hostsAndPorts = listOf(
  (item) => (/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5}$/i.test(item) ? item : undefined),
  'must be host:port pairs, separated by commas',
);

/** `mongodb://…`, by scheme; the rest is the driver's to read. */
export const address =
  (...schemes: readonly string[]) =>
  (given: string): Parsed<string> =>
    schemes.some((scheme) => given.startsWith(`${scheme}://`) && given.length > scheme.length + 3) && !/\s/.test(given)
      ? { value: given }
      : fault(`must begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`);

/** `id:base64(32 bytes)` pairs; the key ring says what is wrong without showing a key. */
export const masterKeys = (given: string): Parsed<readonly MasterKey[]> => {
  try {
    return { value: parseMasterKeys(given) };
  } catch (error) {
    return fault(
      error instanceof KeyringError ? `is not right: ${error.message}` : 'must be id:base64 pairs of 32 bytes each',
    );
  }
};
