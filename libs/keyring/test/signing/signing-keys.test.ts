import { createIds } from '@gatehouse/contracts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { createKeyRing } from '../../src/key-ring.ts';
import { generateMasterKey } from '../../src/master-keys.ts';
import type { SigningKeyCopy, StoredSigningKey } from '../../src/signing/signing-key-store.ts';
import { createSigningKeys } from '../../src/signing/signing-keys.ts';
import { day, expected, hour, second, token, withSigning } from './bench.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'KeyringError', code });
const kidOf = ({ token: text }: { readonly token: string }): string => decodeProtectedHeader(text).kid ?? '';

describe('signing keys', () => {
  it('sign tokens that they verify, with every claim asked for', () =>
    withSigning(async ({ start, clock }) => {
      const keys = await start();
      const signed = await keys.sign({ email: 'alice@corp.example' }, token);
      const issuedAt = Math.floor(clock.now() / 1000);
      expect(signed.expiresAt).toBe((issuedAt + 300) * 1000);
      expect(decodeProtectedHeader(signed.token)).toEqual({ alg: 'ES256', typ: 'session+jwt', kid: kidOf(signed) });
      expect(await keys.verify(signed.token, expected)).toEqual({
        iss: 'https://sso.example',
        sub: 'usr_1',
        aud: 'crm',
        iat: issuedAt,
        exp: issuedAt + 300,
        email: 'alice@corp.example',
      });
    }));

  it('do not let the payload say who issued it, for whom, or how long it lives', () =>
    withSigning(async ({ start }) => {
      const keys = await start();
      const { token: text } = await keys.sign({ iss: 'x', sub: 'x', aud: 'x', exp: 9e9, iat: 1 }, token);
      expect(decodeJwt(text)).toMatchObject({ iss: token.issuer, sub: token.subject, aud: token.audience });
      expect(decodeJwt(text).exp).toBeLessThan(9e9);
    }));

  it('publish public keys only, the next one included', () =>
    withSigning(async ({ start, store }) => {
      const keys = await start();
      const { keys: published } = keys.jwks();
      expect(published).toHaveLength(2);
      expect(store.stored.keys.map(({ state }) => state)).toEqual(['active', 'next']);
      for (const jwk of published) {
        expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
        expect(jwk).toMatchObject({ alg: 'ES256', crv: 'P-256', kty: 'EC', use: 'sig' });
      }
    }));

  it('store private keys sealed to their row', () =>
    withSigning(async ({ start, store, keyRing }) => {
      await start();
      const [one, two] = store.stored.keys;
      if (one === undefined || two === undefined) throw new Error('two keys are expected');
      const binding = { table: 'signing-key', row: one.kid, field: 'private' };
      const jwk: unknown = JSON.parse(keyRing.openText(one.sealedPrivate, binding));
      expect(jwk).toMatchObject({ kty: 'EC', d: expect.any(String) });
      expect(() => keyRing.open(two.sealedPrivate, binding)).toThrow(refusal('sealed_refused'));
      expect(JSON.stringify(store.stored)).not.toContain('"d"');
    }));

  it('last: another process signs with the same key', () =>
    withSigning(async ({ start }) => {
      const [one, two] = [await start(), await start()];
      const signed = await one.sign({}, token);
      expect(kidOf(await two.sign({}, token))).toBe(kidOf(signed));
      expect(await two.verify(signed.token, expected)).toMatchObject({ sub: 'usr_1' });
    }));

  it('are made once when ten processes start at once', () =>
    withSigning(async ({ start, store }) => {
      const all = await Promise.all(Array.from({ length: 10 }, () => start()));
      expect(store.stored.revision).toBe(1);
      expect(new Set(all.map((keys) => JSON.stringify(keys.jwks()))).size).toBe(1);
    }));

  it('rotate by their age: next signs, active retires, the retired one verifies until the overlap is over', () =>
    withSigning(async ({ start, advance }) => {
      const first = await start();
      const [activeKid, nextKid] = first.jwks().keys.map(({ kid }) => kid);
      advance(30 * day - second);
      const almost = await start();
      const old = await almost.sign({}, token);
      expect(kidOf(old)).toBe(activeKid);
      advance(second);
      const after = await start();
      expect(kidOf(await after.sign({}, token))).toBe(nextKid);
      expect(
        after
          .jwks()
          .keys.map(({ kid }) => kid)
          .slice(0, 2),
      ).toEqual([activeKid, nextKid]);
      expect(after.jwks().keys).toHaveLength(3);
      expect(await after.verify(old.token, expected)).toMatchObject({ sub: 'usr_1' });
      advance(hour - second);
      expect((await start()).jwks().keys).toHaveLength(3);
      advance(second);
      const last = await start();
      expect(last.jwks().keys.map(({ kid }) => kid)).not.toContain(activeKid);
      await expect(last.verify(old.token, expected)).rejects.toEqual(refusal('token_unknown_key'));
    }));

  it('rotate at once when told to, to a key that was published before', () =>
    withSigning(async ({ start }) => {
      const keys = await start();
      const nextKid = keys.jwks().keys[1]?.kid;
      const old = await keys.sign({}, token);
      expect(await keys.rotate()).toEqual({ rotated: true, activeKid: nextKid });
      expect(kidOf(await keys.sign({}, token))).toBe(nextKid);
      expect(await keys.verify(old.token, expected)).toMatchObject({ sub: 'usr_1' });
    }));

  it('rotate once when two processes rotate at once', () =>
    withSigning(async ({ start, store }) => {
      const processes = [await start(), await start(), await start()];
      const nextKid = processes[0]?.jwks().keys[1]?.kid;
      const outcomes = await Promise.all(processes.map((keys) => keys.rotate()));
      expect(outcomes.filter(({ rotated }) => rotated)).toHaveLength(1);
      expect(outcomes.map(({ activeKid }) => activeKid)).toEqual([nextKid, nextKid, nextKid]);
      expect(store.stored.keys.map(({ state }) => state)).toEqual(['retired', 'active', 'next']);
    }));

  it('rotate once when ten processes find them too old at once', () =>
    withSigning(async ({ start, store, advance }) => {
      await start();
      advance(31 * day);
      await Promise.all(Array.from({ length: 10 }, () => start()));
      expect(store.stored.revision).toBe(2);
      expect(store.stored.keys.map(({ state }) => state)).toEqual(['retired', 'active', 'next']);
    }));

  it('are looked after in the background, and go on signing while the store does not answer', () =>
    withSigning(async ({ start, store, advance }) => {
      const onCheckFailed = vi.fn();
      const keys = await start({ checkEveryMs: 5, onCheckFailed });
      const [activeKid, nextKid] = keys.jwks().keys.map(({ kid }) => kid);
      store.failure = new Error('the store is down');
      await vi.waitFor(() => expect(onCheckFailed).toHaveBeenCalledWith(store.failure));
      expect(kidOf(await keys.sign({}, token))).toBe(activeKid);
      store.failure = undefined;
      advance(31 * day);
      await vi.waitFor(async () => expect(kidOf(await keys.sign({}, token))).toBe(nextKid));
    }));

  it('start with their copy while the store does not answer, and give way to what it says later', () =>
    withSigning(async ({ start, store, advance }) => {
      let kept: readonly StoredSigningKey[] | undefined;
      const copy: SigningKeyCopy = {
        read: async () => kept,
        write: async (keys) => {
          kept = keys;
        },
      };
      const first = await start({ copy });
      const signed = await first.sign({}, token);
      expect(JSON.stringify(kept)).not.toContain('"d"');
      store.failure = new Error('the store is down');
      advance(31 * day);
      const alone = await start({ copy, checkEveryMs: 5 });
      expect(kidOf(await alone.sign({}, token))).toBe(kidOf(signed));
      expect(alone.jwks()).toEqual(first.jwks());
      store.failure = undefined;
      await vi.waitFor(async () => expect(kidOf(await alone.sign({}, token))).not.toBe(kidOf(signed)));
      expect(kept).toEqual(store.stored.keys);
    }));

  it('do not start without a store and without a copy, and do so as soon as the store answers', () =>
    withSigning(async ({ start, store }) => {
      store.failure = new Error('the store is down');
      await expect(start({ copy: { read: async () => undefined, write: async () => {} } })).rejects.toBe(store.failure);
      store.failure = undefined;
      expect((await start()).jwks().keys).toHaveLength(2);
    }));

  it('stop with close', () =>
    withSigning(async ({ start, store }) => {
      const keys = await start({ checkEveryMs: 5 });
      await vi.waitFor(() => expect(store.loads).toBeGreaterThan(2));
      await keys.close();
      const { loads } = store;
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(store.loads).toBe(loads);
      expect(() => keys.jwks()).toThrow(refusal('signing_keys_closed'));
      await expect(keys.sign({}, token)).rejects.toEqual(refusal('signing_keys_closed'));
    }));

  it('find a key that another process has just made, and ask the store at most once per interval', () =>
    withSigning(async ({ start, store, advance }) => {
      const [one, two] = [await start(), await start()];
      await one.rotate();
      await one.rotate();
      const signed = await one.sign({}, token);
      const { loads } = store;
      await expect(two.verify(signed.token, expected)).rejects.toEqual(refusal('token_unknown_key'));
      expect(store.loads).toBe(loads);
      advance(61 * second);
      await Promise.all(Array.from({ length: 20 }, () => two.verify(signed.token, expected)));
      expect(store.loads).toBeLessThanOrEqual(loads + 1);
      const stranger = signed.token.replace(
        /^[^.]+/,
        Buffer.from(JSON.stringify({ alg: 'ES256', typ: token.typ, kid: 'x' })).toString('base64url'),
      );
      await Promise.allSettled(Array.from({ length: 20 }, () => two.verify(stranger, expected)));
      expect(store.loads).toBeLessThanOrEqual(loads + 1);
    }));

  it('refuse a token that would outlive its key', () =>
    withSigning(async ({ start }) => {
      const keys = await start();
      await expect(keys.sign({}, { ...token, lifeSeconds: 3600 })).rejects.toEqual(refusal('token_life_too_long'));
      expect(await keys.sign({}, { ...token, lifeSeconds: 3600 - 120 })).toBeDefined();
    }));

  it('are sealed anew after the master key was rotated, and refused without it', () =>
    withSigning(async ({ start, store, clock }) => {
      const [oldKey, newKey] = [generateMasterKey('old'), generateMasterKey('new')];
      const signed = await (await start({ keyRing: createKeyRing([oldKey]) })).sign({}, token);
      await start({ keyRing: createKeyRing([newKey, oldKey]) });
      const onlyNew = createKeyRing([newKey]);
      expect(store.stored.keys.every(({ sealedPrivate }) => !onlyNew.needsReseal(sealedPrivate))).toBe(true);
      const keys = await start({ keyRing: onlyNew });
      expect(await keys.verify(signed.token, expected)).toMatchObject({ sub: 'usr_1' });
      const stranger = createSigningKeys({ store, keyRing: createKeyRing([oldKey]), clock, ids: createIds(clock) });
      await expect(stranger.start()).rejects.toEqual(refusal('key_unknown'));
    }));
});
