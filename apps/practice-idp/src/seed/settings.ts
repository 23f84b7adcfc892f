import { readFileSync } from 'node:fs';
import { SettingsError } from '../settings.ts';

/** What the seeding is started with. */
export interface SeedSettings {
  /** Metadata of the practice identity provider, as it is reached from here. */
  readonly metadataUrl: string;
  /** The product, as it is reached from here. */
  readonly gatewayUrl: string;
  /** An API key with the right `admin`. */
  readonly apiKey: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `PRACTICE_SEED_METADATA_URL`, `PRACTICE_SEED_GATEWAY_URL` and `PRACTICE_SEED_API_KEY` or, in a file,
 * `PRACTICE_SEED_API_KEY_FILE`.
 *
 * @throws SettingsError with every fault at once; never with the key
 */
export function readSeedSettings(environment: Environment): SeedSettings {
  const faults: string[] = [];
  const address = (name: string, example: string): string => {
    const text = environment[name] ?? '';
    const protocol = URL.parse(text)?.protocol;
    if (protocol === 'http:' || protocol === 'https:') return text;
    faults.push(`${name} must be an http or https address, such as ${example}`);
    return '';
  };
  const metadataUrl = address('PRACTICE_SEED_METADATA_URL', 'http://practice-idp:4000/saml/metadata');
  const gatewayUrl = address('PRACTICE_SEED_GATEWAY_URL', 'http://auth-gateway:3000');
  const apiKey = readApiKey(environment, faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return { metadataUrl, gatewayUrl, apiKey };
}

function readApiKey(environment: Environment, faults: string[]): string {
  const path = environment.PRACTICE_SEED_API_KEY_FILE ?? '';
  let key = environment.PRACTICE_SEED_API_KEY ?? '';
  if (path !== '') {
    try {
      key = readFileSync(path, 'utf8').trim();
    } catch {
      faults.push('PRACTICE_SEED_API_KEY_FILE must be a file that can be read, such as /run/secrets/admin-key');
      return '';
    }
  }
  if (key === '')
    faults.push('PRACTICE_SEED_API_KEY, or PRACTICE_SEED_API_KEY_FILE, must be an API key with the right admin');
  return key;
}
