/**
 * The corpus of attacks on SAML service providers, posted to the real callback. The library's own suite shows that each is
 * refused with its code; this one shows that nothing between the socket and the library lets one through, that no
 * session comes of it, and that the attempt under attack is left as it was.
 */

import { makeResponse } from '@gatehouse/practice-idp';
import { type AttackCase, type AttackContext, attackCases, faultless } from '@gatehouse/saml/attacks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScene, identity, otherIdentity, type Scene } from '../support/scene.ts';

let scene: Scene;
let recorded: { readonly code: string }[] = [];

beforeAll(async () => {
  scene = await createScene({
    loginState: (real) => ({
      ...real,
      recordRefusal: (handle, most, facts) =>
        real.recordRefusal(handle, most, (refusalsSoFar) => {
          const records = facts(refusalsSoFar);
          recorded.push(...records.map(({ value }) => JSON.parse(value ?? '') as { code: string }));
          return records;
        }),
    }),
  });
});
afterAll(() => scene.close());

const contextOf = (requestId: string): AttackContext => ({
  ...identity,
  other: otherIdentity,
  acsUrl: `${scene.baseUrl}/api/sso/login/callback`,
  audience: `${scene.baseUrl}/api/saml/metadata`,
  requestId,
  nameId: scene.alice.username,
  victim: scene.bob.username,
  clock: scene.clock,
});

/** What the connector must say for the case; as it was before, afterwards. */
const withConnector = async (attack: AttackCase, run: () => Promise<void>): Promise<void> => {
  const { saml } = scene.corp;
  const put = async (settings: typeof saml): Promise<void> => {
    await scene.owners.changeConnector(scene.corp.id, (connector) => ({ ...connector, saml: settings }));
    await scene.settled();
  };
  const change = attack.connector?.(contextOf(''));
  if (change === undefined) return await run();
  await put({ ...saml, ...change, certificates: [...(change.certificates ?? saml.certificates)] });
  await run();
  await put(saml);
};

describe('through HTTP', () => {
  it.each(attackCases.map((attack) => [`${attack.class}: ${attack.name} (${attack.source})`, attack] as const))(
    '%s is refused, and the genuine answer still works',
    async (_name, attack) => {
      const browser = scene.browser();
      const login = await browser.start('corp');
      const post = (response: string) =>
        browser.send('/api/sso/login/callback', {
          method: 'POST',
          form: { SAMLResponse: response, RelayState: login.relayState },
        });
      recorded = [];

      await withConnector(attack, async () => {
        const answer = await post(attack.make(contextOf(login.requestId)));
        expect(browser.cookies.has('gatehouse_session')).toBe(false);
        // What is too large for the route never becomes an answer to an attempt.
        const isTooLarge = answer.statusCode === 413 && attack.expectedCode === 'saml_too_large';
        expect(isTooLarge ? 403 : answer.statusCode).toBe(403);
        expect(recorded.map(({ code }) => code)).toEqual(isTooLarge ? [] : [attack.expectedCode]);
      });

      const control = await post(makeResponse(faultless(contextOf(login.requestId))));
      expect(control.headers.location).toBe('/');
    },
  );
});
