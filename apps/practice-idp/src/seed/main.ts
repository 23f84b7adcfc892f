/**
 * Makes the demonstration's connector and users in a running product, prints where to sign in, and ends.
 */
import { SettingsError } from '../settings.ts';
import { SeedError, seedPractice } from './seed.ts';
import { readSeedSettings } from './settings.ts';

try {
  const { loginAddress, usernames } = await seedPractice(readSeedSettings(process.env));
  process.stdout.write(`\nLogin address  ${loginAddress}\n               sign in as ${usernames.join(' or ')}\n\n`);
} catch (error) {
  const isExpected = error instanceof SettingsError || error instanceof SeedError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
