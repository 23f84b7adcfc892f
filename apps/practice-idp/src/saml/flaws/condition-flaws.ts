import { instant, override } from '../draft.ts';
import { omitted } from '../parts.ts';
import { content, odd } from './flaw.ts';
import { withoutZone } from './response-flaws.ts';

const other = 'https://other.example/saml/metadata';

/** For whom and when: conditions, audiences, the identity provider's own session. */
export const conditionFlaws = {
  'no-conditions': content('conditions', 'No Conditions', (draft) =>
    override(draft, { assertion: { conditions: omitted } }),
  ),
  'two-conditions': content('conditions', 'A second Conditions element, for another audience', (draft) => {
    const audience = `<saml:AudienceRestriction><saml:Audience>${other}</saml:Audience></saml:AudienceRestriction>`;
    return override(draft, { assertion: { trailer: `<saml:Conditions>${audience}</saml:Conditions>` } });
  }),
  'no-audience': content('conditions', 'Conditions without AudienceRestriction', (draft) =>
    override(draft, { conditions: { audienceRestrictions: [] } }),
  ),
  'empty-audience-restriction': content('conditions', 'An AudienceRestriction without Audience', (draft) =>
    override(draft, { conditions: { audienceRestrictions: [[]] } }),
  ),
  'wrong-audience': content('conditions', 'Another audience', (draft) =>
    override(draft, { conditions: { audienceRestrictions: [[other]] } }),
  ),
  'audience-prefix': content('conditions', 'The audience only begins like the right one', (draft, scene) =>
    override(draft, { conditions: { audienceRestrictions: [[`${scene.statement.audience}.stranger.example`]] } }),
  ),
  'audience-shorter': content('conditions', 'The audience is only the beginning of the right one', (draft, scene) =>
    override(draft, { conditions: { audienceRestrictions: [[scene.statement.audience.slice(0, -1)]] } }),
  ),
  'two-restrictions-one-wrong': content(
    'conditions',
    'Two AudienceRestrictions, one for somebody else',
    (draft, scene) => override(draft, { conditions: { audienceRestrictions: [[scene.statement.audience], [other]] } }),
  ),
  'alternative-audiences': odd('conditions', 'One AudienceRestriction with two audiences, one right', (draft, scene) =>
    override(draft, { conditions: { audienceRestrictions: [[other, scene.statement.audience]] } }),
  ),
  'conditions-expired': content('conditions', 'NotOnOrAfter is ten minutes ago', (draft, scene) =>
    override(draft, { conditions: { notBefore: instant(scene.now, -900), notOnOrAfter: instant(scene.now, -600) } }),
  ),
  'conditions-not-yet': content('conditions', 'NotBefore is ten minutes from now', (draft, scene) =>
    override(draft, { conditions: { notBefore: instant(scene.now, 600), notOnOrAfter: instant(scene.now, 900) } }),
  ),
  'conditions-without-not-on-or-after': content('conditions', 'No NotOnOrAfter', (draft) =>
    override(draft, { conditions: { notOnOrAfter: omitted } }),
  ),
  'conditions-date-without-zone': content('conditions', 'NotOnOrAfter has no zone', (draft, scene) =>
    override(draft, { conditions: { notOnOrAfter: withoutZone(instant(scene.now, 300)) } }),
  ),
  'long-fractional-seconds': odd('conditions', 'Instants with twelve digits after the second', (draft, scene) => {
    const long = (dateTime: string) => dateTime.replace('Z', '123456789Z');
    return override(draft, {
      conditions: { notBefore: long(instant(scene.now, -30)), notOnOrAfter: long(instant(scene.now, 300)) },
    });
  }),

  'session-over': content('session', 'SessionNotOnOrAfter is ten minutes ago', (draft, scene) =>
    override(draft, { authnStatement: { sessionNotOnOrAfter: instant(scene.now, -600) } }),
  ),
  'session-date-without-zone': content('session', 'SessionNotOnOrAfter has no zone', (draft, scene) =>
    override(draft, { authnStatement: { sessionNotOnOrAfter: withoutZone(instant(scene.now, 3_600)) } }),
  ),
};
