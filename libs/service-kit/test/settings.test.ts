import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Environment, loadSettings, SettingsError, settingsTable } from '../src/index.ts';

const load = (env: Environment) => loadSettings(settingsTable, env);

const faultsOf = (env: Environment): readonly string[] => {
  try {
    load(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
};

describe('settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('have defaults that a laptop can start with', () => {
    expect(load({ PATH: '/bin' })).toMatchObject({
      baseUrl: 'http://localhost:3000',
      port: 3000,
      host: '127.0.0.1',
      internalPort: 3001,
      dataDir: './.gatehouse',
      appName: 'INO cx',
      rateLimit: 'on',
      maxStalenessMs: 86_400_000,
      auditDays: 400,
      logLevel: 'info',
      masterKeys: undefined,
      adminKey: undefined,
      trustProxy: undefined,
    });
  });

  it('are parsed into what the program uses', () => {
    const settings = load({
      GATEHOUSE_BASE_URL: 'https://sso.example.com/',
      GATEHOUSE_PORT: '8080',
      GATEHOUSE_TRUST_PROXY: '10.0.0.0/8, ::1',
      GATEHOUSE_ALLOWED_RETURN_ORIGINS: 'https://a.example,https://b.example:8443/',
      GATEHOUSE_MAX_STALENESS: '90m',
      GATEHOUSE_MASTER_KEYS: `k2:${Buffer.alloc(32, 2).toString('base64')},k1:${Buffer.alloc(32, 1).toString('base64')}`,
      GATEHOUSE_APP_NAME: '',
    });
    expect(settings.baseUrl).toBe('https://sso.example.com');
    expect(settings.port).toBe(8080);
    expect(settings.trustProxy).toEqual(['10.0.0.0/8', '::1']);
    expect(settings.allowedReturnOrigins).toEqual(['https://a.example', 'https://b.example:8443']);
    expect(settings.maxStalenessMs).toBe(5_400_000);
    expect(settings.masterKeys?.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(settings.appName).toBe('INO cx');
  });

  it('say everything that is wrong at once, one line each, with an example and never a secret', () => {
    const faults = faultsOf({
      GATEHOUSE_PORT: '99999',
      GATEHOUSE_BASE_URL: 'https://sso.example.com/path',
      GATEHOUSE_ADMIN_KEY: 'hunter2',
      GATEHOUSE_MASTER_KEYS: 'k1:hunter2',
      GATEHOUSE_RATE_LIMIT: 'maybe',
      GATEHOUSE_TRUST_PROXY: '10.0.0.0/33',
      GATEHOUSE_MAX_STALENESS: 'soon',
      GATEHOUSE_AUDIT_DAYS: '0',
      GATEHOUSE_PROT: '3000',
    });
    expect(faults).toHaveLength(9);
    for (const name of [
      'PORT',
      'BASE_URL',
      'ADMIN_KEY',
      'MASTER_KEYS',
      'RATE_LIMIT',
      'TRUST_PROXY',
      'MAX_STALENESS',
      'AUDIT_DAYS',
    ]) {
      expect(faults.find((fault) => fault.startsWith(`GATEHOUSE_${name} `))).toMatch(/, for example ./);
    }
    expect(faults.find((fault) => fault.startsWith('GATEHOUSE_PROT '))).toContain('did you mean GATEHOUSE_PORT?');
    expect(faults.join('\n')).not.toContain('hunter2');
    expect(faults.every((fault) => !fault.includes('\n'))).toBe(true);
  });

  it('take secrets from files, but not from both', () => {
    const path = join(folder, 'key');
    writeFileSync(path, `${'k'.repeat(40)}\n`);
    expect(load({ GATEHOUSE_ADMIN_KEY_FILE: path }).adminKey).toBe('k'.repeat(40));
    expect(faultsOf({ GATEHOUSE_ADMIN_KEY_FILE: path, GATEHOUSE_ADMIN_KEY: 'x'.repeat(40) })[0]).toContain('both set');
    expect(faultsOf({ GATEHOUSE_ADMIN_KEY_FILE: join(folder, 'missing') })[0]).toMatch(
      /^GATEHOUSE_ADMIN_KEY_FILE: .*ENOENT/,
    );
    expect(faultsOf({ GATEHOUSE_PORT_FILE: path })[0]).toContain('is not a setting');
  });

  it('pass over the variables that Kubernetes makes for a Service, and explain the one that collides', () => {
    const links = {
      GATEHOUSE_SERVICE_HOST: '10.0.0.1',
      GATEHOUSE_SERVICE_PORT_HTTP: '80',
      GATEHOUSE_PORT_3000_TCP_ADDR: '10.0.0.1',
      GATEHOUSE_GATEWAY_PORT: 'tcp://10.0.0.1:80',
    };
    expect(faultsOf(links)).toEqual([]);
    expect(faultsOf({ ...links, GATEHOUSE_PORT: 'tcp://10.0.0.1:80' })[0]).toContain('enableServiceLinks: false');
  });

  it.each([
    'ftp://example.com',
    'localhost:3000',
    'https://user:pass@example.com',
    'https://example.com?x',
    'https://example.com/#x',
    'https://',
  ])('refuse the base URL %s', (value) => {
    expect(faultsOf({ GATEHOUSE_BASE_URL: value })).toHaveLength(1);
  });

  it('show an example that is itself accepted, for every setting that is no secret', () => {
    for (const setting of Object.values(settingsTable)) {
      if ('secret' in setting) continue;
      expect(setting.parse(setting.example), setting.name).toHaveProperty('value');
    }
  });
});
