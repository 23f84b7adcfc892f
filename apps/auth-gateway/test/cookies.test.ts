import { describe, expect, it } from 'vitest';
import { createCookies } from '../src/cookies.ts';

const value = 'v'.repeat(43);

describe('the cookies', () => {
  it('are host-only, HttpOnly and, with https, prefixed and Secure', () => {
    const { session, admin, browser } = createCookies({ secure: true });
    expect(session.set(value)).toBe(`__Host-gatehouse_session=${value}; Path=/; HttpOnly; SameSite=Lax; Secure`);
    expect(admin.set(value)).toBe(`__Host-gatehouse_admin=${value}; Path=/; HttpOnly; SameSite=Strict; Secure`);
    expect(browser.set(value)).toBe(`__Host-gatehouse_browser=${value}; Path=/; HttpOnly; SameSite=None; Secure`);
    expect(createCookies({ secure: false }).browser.set(value)).toBe(
      `gatehouse_browser=${value}; Path=/; HttpOnly; SameSite=Lax`,
    );
  });

  it.each([
    [undefined, undefined],
    [`gatehouse_session=${value}`, value],
    [`a=b; gatehouse_session=${value} ; c=d`, value],
    [`xgatehouse_session=${value}`, undefined],
    [`gatehouse_session="${value}"`, undefined],
    [`gatehouse_session=${value}x`, undefined],
    [`__Host-gatehouse_session=${value}`, undefined],
  ])('are read from %j as %j', (header, read) => {
    expect(createCookies({ secure: false }).session.read(header)).toBe(read);
  });
});
