import { override } from '../draft.ts';
import { omitted } from '../parts.ts';
import type { Flaw } from './flaw.ts';

/** Faultless documents, sent at the wrong time. */
export const flowFlaws = {
  replayed: {
    rule: 'once-only',
    description: 'The response of the sign-in before, once more',
    kind: 'flow',
    expected: 'refused',
  },
  unsolicited: {
    rule: 'once-only',
    description: 'Answers no request, and brings no RelayState',
    kind: 'flow',
    expected: 'refused',
    draft: (draft) => override(draft, { response: { inResponseTo: omitted }, confirmation: { inResponseTo: omitted } }),
  },
  'missing-assertion-id': {
    rule: 'once-only',
    description: 'The assertion has no ID, so that it could not be told from one used before',
    kind: 'content',
    expected: 'refused',
    draft: (draft) => ({ ...override(draft, { assertion: { id: omitted } }), sign: 'response' }),
  },
} as const satisfies Record<string, Flaw>;
