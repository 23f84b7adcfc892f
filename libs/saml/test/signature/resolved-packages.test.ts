import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);

/** Where a package of that name is found from the package at `from`. */
const resolved = (name: string, from: string): string => dirname(createRequire(from).resolve(`${name}/package.json`));

it('node-saml is the version whose inner methods we replace, over an xml-crypto without the signature faults of 2025', () => {
  const nodeSaml = require.resolve('@node-saml/node-saml/package.json');
  const xmlCrypto = resolved('xml-crypto', nodeSaml);
  const [major = 0, minor = 0, patch = 0] = String(require(`${xmlCrypto}/package.json`).version)
    .split('.')
    .map(Number);

  expect(require(nodeSaml).version).toBe('5.1.0');
  expect(major * 10_000 + minor * 100 + patch).toBeGreaterThanOrEqual(60_302);
  expect(xmlCrypto).toBe(resolved('xml-crypto', import.meta.url));
});
