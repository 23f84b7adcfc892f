import { createTestClock } from '@gatehouse/contracts/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressKey } from '../../src/limits/address-key.ts';
import { createWindowCounter } from '../../src/limits/window-counter.ts';
import { createScene, type Scene } from '../support/scene.ts';

describe('a window counter', () => {
  it('counts by key until its window is over', () => {
    const clock = createTestClock();
    const counter = createWindowCounter({ clock, limit: 2, windowMs: 60_000 });
    expect([counter.take('a'), counter.take('a'), counter.take('b')]).toEqual([undefined, undefined, undefined]);
    clock.advance(20_500);
    expect(counter.take('a')).toBe(40);
    clock.advance(39_500);
    expect(counter.take('a')).toBeUndefined();
  });

  it('holds a bounded number of keys', () => {
    const counter = createWindowCounter({ clock: createTestClock(), limit: 1, windowMs: 60_000, mostKeys: 2 });
    for (const key of ['a', 'b', 'c']) counter.take(key);
    expect([counter.retryAfter('a'), counter.retryAfter('b'), counter.retryAfter('c')]).toEqual([undefined, 60, 60]);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (ip, key) => {
    expect(addressKey(ip)).toBe(key);
  });
});

describe('the limits of the login', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await createScene({ settings: { rateLimit: true } });
  });
  afterEach(() => scene.close());

  it('allow 600 starts a minute and address, then 429 with Retry-After', async () => {
    const browser = scene.browser();
    for (let i = 0; i < 600; i++) expect((await browser.send('/api/sso/login/nobody')).statusCode).toBe(404);
    const limited = await browser.send('/api/sso/login/corp');
    expect([limited.statusCode, limited.headers['retry-after']]).toEqual([429, '60']);
    expect(limited.headers['content-type']).toContain('text/html');
    expect((await scene.browser('198.51.100.1').send('/api/sso/login/corp')).statusCode).toBe(302);
    scene.clock.advance(60_000);
    expect((await browser.send('/api/sso/login/corp')).statusCode).toBe(302);
  });

  it('allow 60 refused callbacks a minute, address and connector', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const bad = scene.response(login, { flaw: 'unsigned' });
    const form = (response: string, relayState: string) => ({
      method: 'POST' as const,
      form: { SAMLResponse: response, RelayState: relayState },
    });
    const path = '/api/sso/login/callback';
    for (let i = 0; i < 60; i++) expect((await browser.send(path, form(bad, login.relayState))).statusCode).toBe(403);
    expect((await browser.send(path, form(bad, login.relayState))).statusCode).toBe(429);
    expect(await scene.metric('gatehouse_rate_limited_total')).toContain('what="refused_callback"} 1');
    // Another connector from the same address is not touched.
    const other = await browser.start('other');
    expect((await browser.send(path, form(scene.response(other), other.relayState))).statusCode).toBe(403);
    scene.clock.advance(60_000);
    expect((await browser.send(path, form(scene.response(login), login.relayState))).statusCode).toBe(303);
    // Only the first twenty refusals became facts.
    const failed = (await scene.facts()).filter(
      (fact) => fact.type === 'login.failed' && fact.data.connectorId === scene.corp.id,
    );
    expect(failed).toHaveLength(20);
  });
});
