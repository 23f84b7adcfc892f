import type { JSONWebKeySet } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/signing/token-verifier.ts';
import { expected, second, token, withSigning } from './bench.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'KeyringError', code });

describe('a token verifier', () => {
  it('verifies by the published keys, fetched once', () =>
    withSigning(async ({ start, clock }) => {
      const keys = await start();
      let fetched = 0;
      const jwks = async () => {
        fetched++;
        return keys.jwks();
      };
      const verifier = createTokenVerifier({ jwks, clock, ...expected });
      const { token: text } = await keys.sign({ rights: ['read'] }, token);
      const claims = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(text)));
      expect(claims[19]).toMatchObject({ sub: 'usr_1', rights: ['read'] });
      expect(fetched).toBe(1);
    }));

  it('goes on through a rotation without fetching, because it knew the next key', () =>
    withSigning(async ({ start, clock }) => {
      const keys = await start();
      let fetched = 0;
      const jwks = async () => {
        fetched++;
        return keys.jwks();
      };
      const verifier = createTokenVerifier({ jwks, clock, ...expected });
      const before = await keys.sign({}, token);
      await verifier.verify(before.token);
      await keys.rotate();
      const after = await keys.sign({}, token);
      await verifier.verify(after.token);
      await verifier.verify(before.token);
      expect(fetched).toBe(1);
    }));

  it('fetches for an unknown key, at most once per interval however many come', () =>
    withSigning(async ({ start, clock, advance }) => {
      const keys = await start();
      let fetched = 0;
      let published: JSONWebKeySet = { keys: [] };
      const jwks = async () => {
        fetched++;
        return published;
      };
      const verifier = createTokenVerifier({ jwks, clock, ...expected });
      const { token: text } = await keys.sign({}, token);
      const flood = await Promise.allSettled(Array.from({ length: 50 }, () => verifier.verify(text)));
      for (const outcome of flood)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'token_unknown_key' } });
      expect(fetched).toBe(1);
      published = keys.jwks();
      advance(9 * second);
      await expect(verifier.verify(text)).rejects.toEqual(refusal('token_unknown_key'));
      advance(second);
      expect(await verifier.verify(text)).toMatchObject({ sub: 'usr_1' });
      expect(fetched).toBe(2);
    }));

  it('tells an issuer that does not answer from a bad token, and keeps the keys it has', () =>
    withSigning(async ({ start, clock, advance }) => {
      const keys = await start();
      const down = new Error('connect ECONNREFUSED');
      let answers = false;
      const jwks = async () => {
        if (!answers) throw down;
        return keys.jwks();
      };
      const verifier = createTokenVerifier({ jwks, clock, ...expected });
      const long = { ...token, lifeSeconds: 3_000 };
      const { token: text } = await keys.sign({}, long);
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'jwks_unavailable', cause: down });
      answers = true;
      advance(10 * second);
      await verifier.verify(text);
      answers = false;
      advance(601 * second);
      expect(await verifier.verify(text)).toMatchObject({ sub: 'usr_1' });
    }));

  it('forgets withdrawn keys in time', () =>
    withSigning(async ({ start, clock, advance }) => {
      const keys = await start();
      let published = keys.jwks();
      const verifier = createTokenVerifier({ jwks: async () => published, clock, ...expected });
      const { token: text } = await keys.sign({}, { ...token, lifeSeconds: 3_000 });
      await verifier.verify(text);
      published = { keys: [] };
      advance(599 * second);
      await verifier.verify(text);
      advance(second);
      await expect(verifier.verify(text)).rejects.toEqual(refusal('token_unknown_key'));
    }));

  it('takes no key of another kind, use or algorithm, and none that shows its private half', () =>
    withSigning(async ({ start, clock }) => {
      const keys = await start();
      const { token: text } = await keys.sign({}, token);
      const [active] = keys.jwks().keys;
      for (const change of [
        { use: 'enc' },
        { alg: 'ES384' },
        { kty: 'oct', k: 'AAAA' },
        { crv: 'P-384' },
        { d: active?.x ?? '' },
      ]) {
        const verifier = createTokenVerifier({
          jwks: async () => ({ keys: [{ ...active, ...change }] }),
          clock,
          ...expected,
        });
        await expect(verifier.verify(text), JSON.stringify(change)).rejects.toEqual(refusal('token_unknown_key'));
      }
    }));
});
