import { createHmac, createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/signing/token-verifier.ts';
import { expected, type SigningBench, second, token, withSigning } from '../signing/bench.ts';

interface Forgery extends SigningBench {
  readonly good: string;
  readonly activeJwk: JWK & { readonly kid: string };
  /** The code that both verifiers refuse `text` with. */
  refused(text: string): Promise<string>;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (text: string): readonly [string, string, string] => {
  const [header = '', payload = '', signature = ''] = text.split('.');
  return [header, payload, signature];
};

/** Runs `attack` between two looks at a good token: what refuses everything would not pass. */
const withForgery = (attack: (forgery: Forgery) => Promise<void>): Promise<void> =>
  withSigning(async (bench) => {
    const keys = await bench.start();
    const verifier = createTokenVerifier({ jwks: async () => keys.jwks(), clock: bench.clock, ...expected });
    const verifiers = [(text: string) => keys.verify(text, expected), (text: string) => verifier.verify(text)];
    const { token: good } = await keys.sign({}, token);
    const activeJwk = keys.jwks().keys[0];
    if (activeJwk?.kid === undefined) throw new Error('there is no active key');

    const refused = async (text: string): Promise<string> => {
      const codes = await Promise.all(
        verifiers.map((verify) =>
          verify(text).then(
            () => 'accepted',
            (error: { readonly code: string }) => error.code,
          ),
        ),
      );
      expect(codes[0]).toBe(codes[1]);
      return codes[0] ?? '';
    };
    await attack({ ...bench, good, activeJwk: { ...activeJwk, kid: activeJwk.kid }, refused });
    const { token: another } = await keys.sign({}, token);
    for (const verify of verifiers) expect(await verify(another)).toMatchObject({ sub: 'usr_1' });
  });

describe('a forged token', () => {
  it('without a signature is refused, however "none" is written (CVE-2015-9235)', () =>
    withForgery(async ({ good, activeJwk, refused }) => {
      const [, payload, signature] = partsOf(good);
      for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
        const header = encode({ alg, typ: token.typ, kid: activeJwk.kid });
        expect(await refused(`${header}.${payload}.`)).toBe('token_algorithm');
        expect(await refused(`${header}.${payload}.${signature}`)).toBe('token_algorithm');
      }
      const [header] = partsOf(good);
      expect(await refused(`${header}.${payload}.`)).toBe('token_signature');
    }));

  it('that uses the public key as an HMAC secret is refused (CVE-2016-10555)', () =>
    withForgery(async ({ good, activeJwk, refused }) => {
      const [, payload] = partsOf(good);
      const pem = createPublicKey({ key: activeJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      for (const secret of [pem, JSON.stringify(activeJwk), Buffer.from(activeJwk.x ?? '', 'base64url')]) {
        const header = encode({ alg: 'HS256', typ: token.typ, kid: activeJwk.kid });
        const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
        expect(await refused(`${header}.${payload}.${mac}`)).toBe('token_algorithm');
      }
    }));

  it('with an all-zero signature is refused (CVE-2022-21449)', () =>
    withForgery(async ({ good, refused }) => {
      const [header, payload] = partsOf(good);
      expect(await refused(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`)).toBe('token_signature');
    }));

  it('signed by another key under our key id is refused', () =>
    withForgery(async ({ activeJwk, clock, refused }) => {
      const stranger = await generateKeyPair('ES256', { extractable: true });
      const sign = (header: Readonly<Record<string, unknown>>) =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'ES256', typ: token.typ, ...header })
          .setIssuer(token.issuer)
          .setAudience(token.audience)
          .setSubject('usr_victim')
          .setIssuedAt(Math.floor(clock.now() / 1000))
          .setExpirationTime(Math.floor(clock.now() / 1000) + 60)
          .sign(stranger.privateKey);
      expect(await refused(await sign({ kid: activeJwk.kid }))).toBe('token_signature');
      expect(await refused(await sign({ kid: 'unknown' }))).toBe('token_unknown_key');
      expect(await refused(await sign({}))).toBe('token_unknown_key');
      const jwk = await exportJWK(stranger.publicKey);
      expect(await refused(await sign({ jwk, kid: 'mine' }))).toBe('token_unknown_key');
      expect(await refused(await sign({ jwk, kid: activeJwk.kid }))).toBe('token_signature');
      expect(await refused(await sign({ jku: 'https://evil.example/jwks', kid: activeJwk.kid }))).toBe(
        'token_signature',
      );
    }));

  it('under the id of another of our keys is refused', () =>
    withForgery(async ({ good, store, refused }) => {
      const [, payload, signature] = partsOf(good);
      const nextKid = store.stored.keys.find(({ state }) => state === 'next')?.kid;
      const header = encode({ alg: 'ES256', typ: token.typ, kid: nextKid });
      expect(await refused(`${header}.${payload}.${signature}`)).toBe('token_signature');
    }));

  it('is refused at every changed sign', () =>
    withForgery(async ({ good, refused }) => {
      for (let i = 0; i < good.length; i += 3) {
        const changed = `${good.slice(0, i)}${good[i] === 'A' ? 'Q' : 'A'}${good.slice(i + 1)}`;
        expect(await refused(changed), changed).toMatch(/^token_/);
      }
    }));

  it('that grew claims is refused', () =>
    withForgery(async ({ good, refused }) => {
      const [header, payload, signature] = partsOf(good);
      const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
      expect(await refused(`${header}.${encode({ ...Object(claims), rights: ['admin'] })}.${signature}`)).toBe(
        'token_signature',
      );
    }));

  it('that is no JWT is refused', () =>
    withForgery(async ({ good, refused }) => {
      for (const text of ['', '.', '..', 'x', 'x.y.z', `${good}.${good}`, good.replaceAll('.', ''), 'e30.e30.e30']) {
        expect(await refused(text), text).toMatch(/^token_(malformed|algorithm)$/);
      }
      expect(await refused(`${good}${'A'.repeat(9_000)}`)).toBe('token_malformed');
      const [, payload, signature] = partsOf(good);
      const critical = encode({ alg: 'ES256', typ: token.typ, kid: 'x', crit: ['exp'], exp: 1 });
      expect(await refused(`${critical}.${payload}.${signature}`)).toBe('token_malformed');
    }));
});

describe('a real token of ours', () => {
  const cases = [
    [{ typ: 'gatehouse-internal+jwt' }, 'token_type'],
    [{ audience: 'billing' }, 'token_audience'],
    [{ audience: 'crm ' }, 'token_audience'],
    [{ issuer: 'https://sso.example/' }, 'token_issuer'],
  ] as const;

  it.each(cases)('meant for something else (%j) is refused with %s', (change, code) =>
    withSigning(async ({ start }) => {
      const keys = await start();
      const signed = await keys.sign({}, { ...token, ...change });
      await expect(keys.verify(signed.token, expected)).rejects.toMatchObject({ code });
      expect(await keys.verify(signed.token, { ...expected, ...change })).toMatchObject({ sub: 'usr_1' });
    }),
  );

  it('is good until it expires and a few seconds of another clock longer', () =>
    withForgery(async ({ good, advance, refused }) => {
      advance(304 * second);
      expect(await refused(good)).toBe('accepted');
      advance(2 * second);
      expect(await refused(good)).toBe('token_expired');
    }));

  it('is not good before its time', () =>
    withSigning(async ({ start, clock }) => {
      const keys = await start();
      const nbf = Math.floor(clock.now() / 1000) + 60;
      const signed = await keys.sign({ nbf }, token);
      await expect(keys.verify(signed.token, expected)).rejects.toMatchObject({ code: 'token_claim' });
    }));
});
