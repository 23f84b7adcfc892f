import { createIds, internalToken, type Right } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import {
  createKeyRing,
  createSigningKeys,
  createTokenVerifier,
  generateMasterKey,
  type SigningKeys,
  type StoredSigningKeys,
} from '@gatehouse/keyring';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerOf, createApp, createCallerAuth, createMetrics, requireRight } from '../src/index.ts';
import { capturedLog } from './support/captured-log.ts';

const issuer = 'http://localhost:3000';

/** Real keys, real signatures: what a service behind the gateway takes for an internal token, and what it does not. */
describe('a service behind the gateway', () => {
  const clock = createTestClock();
  const ids = createIds(clock);
  let signingKeys: SigningKeys;
  let app: FastifyInstance;

  const makeKeys = async (): Promise<SigningKeys> => {
    let stored: StoredSigningKeys = { revision: 0, keys: [] };
    const store = {
      load: async () => stored,
      save: async (keys: StoredSigningKeys['keys'], expectedRevision: number) => {
        if (stored.revision !== expectedRevision) return false;
        stored = { revision: expectedRevision + 1, keys };
        return true;
      },
    };
    const keys = createSigningKeys({ store, keyRing: createKeyRing([generateMasterKey()]), clock, ids });
    await keys.start();
    return keys;
  };

  beforeEach(async () => {
    signingKeys = await makeKeys();
    const { typ, audience } = internalToken;
    const verifier = createTokenVerifier({ jwks: async () => signingKeys.jwks(), clock, typ, audience, issuer });
    app = createApp({ name: 'test', logger: capturedLog().logger, ids, metrics: createMetrics({ process: false }) });
    app.addHook('onRequest', createCallerAuth({ verifyInternalToken: (token) => verifier.verify(token) }));
    app.get('/', { onRequest: requireRight('read') }, async (request) => callerOf(request));
  });
  afterEach(async () => {
    await app.close();
    await signingKeys.close();
  });

  const tokenWith = async (
    changes: Partial<Parameters<SigningKeys['sign']>[1]> = {},
    rights: readonly Right[] = ['admin'],
    keys = signingKeys,
  ) => {
    const { typ, audience, lifeSeconds } = internalToken;
    return (
      await keys.sign({ rights }, { typ, audience, lifeSeconds, issuer, subject: 'administrator/adm_1', ...changes })
    ).token;
  };
  const statusOf = async (token: string): Promise<number> =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode;

  it('takes the gateway’s own token', async () => {
    const answer = await app.inject({ url: '/', headers: { authorization: `Bearer ${await tokenWith()}` } });
    expect(answer.json()).toEqual({ actor: 'administrator/adm_1', rights: ['admin'] });
  });

  it('does not take a user’s token, whatever rights it claims', async () => {
    expect(await statusOf(await tokenWith({ typ: 'JWT' }))).toBe(401);
    expect(await statusOf(await tokenWith({ audience: issuer }))).toBe(401);
  });

  it('does not take the token of another issuer, another key, another time, or a changed one', async () => {
    expect(await statusOf(await tokenWith({ issuer: 'http://elsewhere' }))).toBe(401);
    const strangers = await makeKeys();
    expect(await statusOf(await tokenWith({}, ['admin'], strangers))).toBe(401);
    await strangers.close();
    const token = await tokenWith({}, ['sessions:check']);
    const [head = '', , signature = ''] = token.split('.');
    const claims = { ...JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()), rights: ['admin'] };
    const raised = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect(await statusOf(token)).toBe(403);
    expect(await statusOf(raised)).toBe(401);
    const good = await tokenWith();
    expect(await statusOf(good)).toBe(200);
    clock.advance((internalToken.lifeSeconds + 120) * 1_000);
    expect(await statusOf(good)).toBe(401);
  });
});
