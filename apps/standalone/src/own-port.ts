import type { Settings } from '@gatehouse/service-kit';

/** Without a public address standalone is reached where it listens: another port makes another address. */
export const withOwnPort = (settings: Settings, env: NodeJS.ProcessEnv): Settings =>
  (env.GATEHOUSE_BASE_URL ?? '') === '' ? { ...settings, baseUrl: `http://localhost:${settings.port}` } : settings;
