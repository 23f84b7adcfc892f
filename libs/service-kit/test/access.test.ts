import { createIds } from '@gatehouse/contracts';
import { KeyringError } from '@gatehouse/keyring';
import { describe, expect, it } from 'vitest';
import { callerOf, createApp, createCallerAuth, createMetrics, requireRight } from '../src/index.ts';
import { capturedLog } from './support/captured-log.ts';

const claims = (rights: readonly string[]) => ({
  aud: 'gatehouse-internal',
  iss: 'http://localhost:3000',
  sub: 'administrator/adm_1',
  rights,
  exp: 2,
  iat: 1,
});

const appWith = (verifyInternalToken: (token: string) => Promise<unknown>) => {
  const app = createApp({
    name: 'test',
    logger: capturedLog().logger,
    ids: createIds(),
    metrics: createMetrics({ process: false }),
  });
  app.addHook('onRequest', createCallerAuth({ verifyInternalToken }));
  app.get('/read', { onRequest: requireRight('read') }, async (request) => callerOf(request));
  app.get('/admin', { onRequest: requireRight('admin') }, async (request) => callerOf(request));
  return app;
};

const bearer = { authorization: 'Bearer abc.def-_' };

describe('createCallerAuth', () => {
  it('makes the caller whom the token names', async () => {
    const app = appWith(async () => claims(['read']));
    const answer = await app.inject({ url: '/read', headers: bearer });
    expect(answer.json()).toEqual({ actor: 'administrator/adm_1', rights: ['read'] });
  });

  it.each([
    ['no header', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['two tokens', { authorization: 'Bearer a b' }],
  ])('refuses %s', async (_what, headers) => {
    const answer = await appWith(async () => claims(['admin'])).inject({ url: '/read', headers });
    expect(answer.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('refuses a token that does not verify, or whose claims are not those of an internal token', async () => {
    const rejected = appWith(() => Promise.reject(new KeyringError('token_expired', 'expired')));
    expect((await rejected.inject({ url: '/read', headers: bearer })).statusCode).toBe(401);
    const others = [undefined, {}, { ...claims(['admin']), aud: 'app' }, { ...claims(['admin']), rights: ['root'] }];
    for (const other of others) {
      const answer = await appWith(async () => other).inject({ url: '/read', headers: bearer });
      expect(answer.statusCode).toBe(401);
    }
  });

  it('says that it is not ready while there are no keys to verify with', async () => {
    const app = appWith(() => Promise.reject(new KeyringError('jwks_unavailable', 'down')));
    expect((await app.inject({ url: '/read', headers: bearer })).json()).toMatchObject({
      status: 503,
      code: 'not_ready',
    });
  });

  it('lets admin read, read not change, and other rights do neither', async () => {
    const status = async (rights: readonly string[], url: string) =>
      (await appWith(async () => claims(rights)).inject({ url, headers: bearer })).statusCode;
    expect(await status(['admin'], '/read')).toBe(200);
    expect(await status(['admin'], '/admin')).toBe(200);
    expect(await status(['read'], '/admin')).toBe(403);
    expect(await status(['sessions:check', 'grants:read'], '/read')).toBe(403);
    expect(await status([], '/read')).toBe(403);
  });
});
