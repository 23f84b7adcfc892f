import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html } from '../../src/pages/html.ts';
import { createScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let consoleDir: string;
beforeAll(async () => {
  consoleDir = await mkdtemp(join(tmpdir(), 'gatehouse-console-'));
  await mkdir(join(consoleDir, 'assets'));
  await writeFile(join(consoleDir, 'index.html'), '<!doctype html><meta nonce="__CSP_NONCE__"><title>Console</title>');
  await writeFile(join(consoleDir, 'assets', 'index-abc123.js'), 'export {};');
  await writeFile(join(consoleDir, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  scene = await createScene({ settings: { consoleDir, appName: 'A <b>&"quoted"</b> app' } });
});
afterAll(async () => {
  await scene.close();
  await rm(consoleDir, { recursive: true });
});

const expectStrictPage = (answer: LightMyRequestResponse): void => {
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['content-security-policy']).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.body).not.toMatch(/<script|\son\w+=|style=|<style|javascript:/i);
  expect(answer.body).toContain('<html lang="en">');
  expect(answer.body).toContain('A &lt;b&gt;&amp;&quot;quoted&quot;&lt;/b&gt; app');
};

describe('the pages', () => {
  it('of a session say who is signed in, through what, until when, and sign out', async () => {
    const browser = scene.browser();
    expectStrictPage(await browser.send('/'));
    expect((await browser.send('/')).body).toContain('You are not signed in');
    await scene.signIn(browser);
    const page = await browser.send('/');
    expectStrictPage(page);
    expect(page.body).toContain('alice@example.com');
    expect(page.body).toContain('Connector Corp');
    expect(page.body).toContain('<form method="post" action="/api/session/sign-out">');
    // With `no-referrer` the form's Origin would be `null`, and sign-out would refuse itself.
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expectStrictPage(await browser.send('/signed-out'));
  });

  it('of a refusal have a reference and a way to try again, with the return path', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp', '?return_to=/a%26b');
    const page = await browser.answer(scene.response(login, { flaw: 'unsigned' }), login.relayState);
    expect(page.statusCode).toBe(403);
    expectStrictPage(page);
    expect(page.body).toMatch(/SSO-[2-9A-HJKMNP-TV-Z]{8}/);
    expect(page.body).toContain('href="http://localhost:3000/api/sso/login/Corp?return_to=%2Fa%26b"');
  });

  it('of an unknown login address and a wrong request are pages too', async () => {
    const unknown = await scene.browser().send('/api/sso/login/nobody');
    const wrong = await scene.browser().send('/api/sso/login/corp?return_to=//evil.example');
    expect([unknown.statusCode, wrong.statusCode]).toEqual([404, 400]);
    expectStrictPage(unknown);
    expectStrictPage(wrong);
  });

  it.each(['/nothing', '/nothing?at=all', '/api/sso/nothing', '/api/sso/login/a/b'])(
    'of an address that does not exist is for browsers; programs get a problem: %s',
    async (url) => {
      const page = await scene.app.inject({ url, headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
      expect(page.statusCode).toBe(404);
      expectStrictPage(page);
      expect(page.body).toContain('There is nothing here');
      for (const accept of ['application/json', '*/*', undefined]) {
        const problem = await scene.app.inject({ url, ...(accept === undefined ? {} : { headers: { accept } }) });
        expect(problem.headers['content-type']).toContain('application/problem+json');
        expect(problem.json()).toMatchObject({ status: 404, code: 'not_found' });
      }
    },
  );

  it('are not for the addresses of programs, nor on the internal port', async () => {
    const headers = { accept: 'text/html' };
    for (const answer of [
      await scene.app.inject({ url: '/api/nothing', headers }),
      await scene.internalApp.inject({ url: '/nothing', headers }),
    ]) {
      expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('have a stylesheet that is kept for ever under its own address', async () => {
    const page = await scene.browser().send('/');
    const href = /<link rel="stylesheet" href="([^"]+)">/.exec(page.body)?.[1] ?? '';
    const sheet = await scene.app.inject({ url: href });
    expect(sheet.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(sheet.headers['cache-control']).toContain('immutable');
    expect(sheet.body).toContain('prefers-color-scheme: dark');
  });

  it('escape what they show', () => {
    expect(html`<a title="${`"><script>'&`}">`.text).toBe('<a title="&quot;&gt;&lt;script&gt;&#39;&amp;">');
  });
});

describe('the console', () => {
  it('is a page with a nonce of its own each time, below any address that is no file', async () => {
    const nonces = new Set<string>();
    for (const url of ['/console/', '/console/connectors/con_1', '/console/set-up']) {
      const page = await scene.app.inject({ url });
      expect(page.statusCode).toBe(200);
      expect(page.headers['cache-control']).toBe('no-store');
      const nonce = /nonce="([\w-]{24})"/.exec(page.body)?.[1] ?? '';
      expect(page.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(page.headers['content-security-policy']).toContain("script-src 'self';");
      expect(page.body).not.toContain('__CSP_NONCE__');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it('keeps hashed assets for ever, other files not, and says 404 of missing ones', async () => {
    const asset = await scene.app.inject({ url: '/console/assets/index-abc123.js' });
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers['content-type']).toContain('javascript');
    expect((await scene.app.inject({ url: '/console/favicon.svg' })).headers['cache-control']).toBe('no-cache');
    for (const url of [
      '/console/assets/gone-1.js',
      '/console/index.html',
      '/console/../package.json',
      '/console/%2e%2e/package.json',
    ]) {
      expect((await scene.app.inject({ url })).statusCode, url).toBe(404);
    }
  });

  it('is asked for without its slash too', async () => {
    expect((await scene.app.inject({ url: '/console' })).headers.location).toBe('/console/');
  });

  it('leaves the API alone', async () => {
    const answer = await scene.app.inject({ url: '/api/nothing', headers: { accept: 'text/html' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});

describe('what anybody may read', () => {
  it('is the metadata and the keys, and no private one', async () => {
    const metadata = await scene.app.inject({ url: '/api/saml/metadata' });
    expect(metadata.headers['content-type']).toContain('application/samlmetadata+xml');
    expect(metadata.body).toContain('entityID="http://localhost:3000/api/saml/metadata"');
    expect(metadata.body).toContain('Location="http://localhost:3000/api/sso/login/callback"');
    const { keys } = (await scene.app.inject({ url: '/.well-known/jwks.json' })).json<{
      keys: Record<string, unknown>[];
    }>();
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });
});
