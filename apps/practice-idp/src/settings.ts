import { resolve } from 'node:path';

/** What the process is started with; read here and nowhere else. */
export interface PracticeIdpSettings {
  readonly host: string;
  readonly port: number;
  /** Public address without a slash at its end; absent, it is made from the address that is listened on. */
  readonly baseUrl?: string;
  readonly dataDir: string;
  /** Origins beside loopback ones that answers may be sent to. */
  readonly allowedOrigins: readonly string[];
}

/** One line per wrong setting. Code `settings_invalid`. */
export class SettingsError extends Error {
  readonly code = 'settings_invalid';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `PRACTICE_IDP_HOST` (127.0.0.1), `_PORT` (4000), `_BASE_URL`, `_DATA_DIR` (./.gatehouse/practice-idp) and
 * `_ALLOWED_ORIGINS` (comma-separated, none).
 *
 * The default host is 127.0.0.1 and not localhost: to a browser the two are different sites, as an identity provider
 * and the application behind it are in real life.
 *
 * @throws SettingsError with every fault at once
 */
export function readSettings(environment: Environment): PracticeIdpSettings {
  const faults: string[] = [];
  const port = readPort(environment.PRACTICE_IDP_PORT ?? '4000', faults);
  const baseUrl = readBaseUrl(environment.PRACTICE_IDP_BASE_URL, faults);
  const allowedOrigins = readOrigins(environment.PRACTICE_IDP_ALLOWED_ORIGINS ?? '', faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    host: environment.PRACTICE_IDP_HOST ?? '127.0.0.1',
    port,
    dataDir: resolve(environment.PRACTICE_IDP_DATA_DIR ?? './.gatehouse/practice-idp'),
    allowedOrigins,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

function readPort(text: string, faults: string[]): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  faults.push(`PRACTICE_IDP_PORT must be a port between 0 and 65535, such as 4000; it is "${text}"`);
  return 0;
}

function readBaseUrl(text: string | undefined, faults: string[]): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = httpUrl(text);
  if (url !== undefined && url.search === '' && url.hash === '') return url.href.replace(/\/+$/, '');
  faults.push(`PRACTICE_IDP_BASE_URL must be an http or https address, such as http://127.0.0.1:4000; it is "${text}"`);
  return undefined;
}

function readOrigins(text: string, faults: string[]): readonly string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== '')
    .flatMap((entry) => {
      const url = httpUrl(entry);
      if (url !== undefined && url.href === `${url.origin}/`) return [url.origin];
      faults.push(`PRACTICE_IDP_ALLOWED_ORIGINS must list origins, such as https://sso.example; it has "${entry}"`);
      return [];
    });
}

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}
