import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Administrator,
  type ApiKey,
  type AuditEntry,
  type Connector,
  createIds,
  type EventType,
  isoTime,
  nameIdFormats,
  type Session,
  type User,
  type UserConnector,
} from '@gatehouse/contracts';
import { inspect } from './certificate.ts';

export const fixtures = join(import.meta.dirname, '..', 'fixtures');
export const validPem = readFileSync(join(fixtures, 'valid.pem'), 'utf8');
export const expiredPem = readFileSync(join(fixtures, 'expired.pem'), 'utf8');

export const passphrase = 'a long and simple passphrase';
export const setUpToken = 'practice-set-up-token';

const ids = createIds();
const start = Date.now() - 40 * 86_400_000;

/** Everything that the practice backend knows. Tests reach in to arrange and to look. */
export interface PracticeState {
  readonly administrators: Administrator[];
  readonly passphrases: Map<string, string>;
  readonly connectors: Connector[];
  readonly users: User[];
  /** Links by user id. */
  readonly links: Map<string, UserConnector[]>;
  readonly sessions: Session[];
  readonly keys: ApiKey[];
  readonly audit: AuditEntry[];
  isSetUp: boolean;
  csrfToken: string | undefined;
}

const administratorOf = (username: string, displayName: string): Administrator => ({
  id: ids.id('administrator'),
  username,
  displayName,
  version: 1,
  createdAt: isoTime(start),
  updatedAt: isoTime(start),
});

export const connectorOf = (name: string, reference: string, pem = validPem, enabled = true): Connector => ({
  id: ids.id('connector'),
  name,
  reference,
  type: 'SAML_V2',
  enabled,
  version: 1,
  loginAddress: `http://localhost:3000/api/sso/login/${reference}`,
  saml: {
    issuerUrl: `https://accounts.google.com/o/saml2?idpid=${reference}0123456789`,
    endpoint: `https://accounts.google.com/o/saml2/idp?idpid=${reference}0123456789`,
    nameIdFormat: nameIdFormats.emailAddress,
    certificates: [pem],
    requireSignature: 'either',
    expiredCertificate: 'warn',
    certificateDetails: [inspect(pem)],
  },
  createdAt: isoTime(start),
  updatedAt: isoTime(start + 3_600_000),
});

export const userOf = (username: string, displayName = '', status: User['status'] = 'active'): User => ({
  id: ids.id('user'),
  username,
  displayName,
  status,
  version: 1,
  createdAt: isoTime(start + 7_200_000),
  updatedAt: isoTime(start + 7_200_000),
});

export const linkOf = (connector: Connector, bound: boolean): UserConnector => ({
  connectorId: connector.id,
  reference: connector.reference,
  name: connector.name,
  linkedAt: isoTime(start + 9_000_000),
  ...(bound ? { lastLoginAt: isoTime(Date.now() - 5_000_000) } : {}),
  bound,
});

export const sessionOf = (user: User, connector: Connector): Session => ({
  id: ids.id('session'),
  user: { id: user.id, username: user.username, displayName: user.displayName },
  connector: { id: connector.id, reference: connector.reference, name: connector.name },
  startedAt: isoTime(Date.now() - 5_000_000),
  lastSeenAt: isoTime(Date.now() - 60_000),
  expiresAt: isoTime(Date.now() + 80_000_000),
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
});

export const entryOf = (
  type: EventType,
  actor: string,
  subjects: readonly string[],
  more: Pick<AuditEntry, 'data'> & { readonly changed?: AuditEntry['changed'] },
): AuditEntry => ({
  id: ids.id('event'),
  time: isoTime(Date.now() - 600_000),
  type,
  actor,
  subjects: [...subjects],
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  data: more.data,
  ...(more.changed === undefined ? {} : { changed: more.changed }),
});

/** Nothing yet: the state that a set-up link meets. */
export const emptyState = (): PracticeState => ({
  administrators: [],
  passphrases: new Map(),
  connectors: [],
  users: [],
  links: new Map(),
  sessions: [],
  keys: [],
  audit: [],
  isSetUp: false,
  csrfToken: undefined,
});

/** An installation in use, with long values, every state and more than one page of users. */
export const filledState = (): PracticeState => {
  const state = emptyState();
  const ada = administratorOf('ada@platform.example', 'Ada Lovelace');
  state.administrators.push(ada, administratorOf('grace@platform.example', ''));
  state.passphrases.set(ada.username, passphrase);
  state.isSetUp = true;

  const corp = connectorOf('Corp', 'corp');
  const partner = connectorOf('A partner with quite a long name of its own', 'partner.of-the_house+2@emea');
  state.connectors.push(
    corp,
    partner,
    connectorOf('Legacy directory', 'legacy', expiredPem),
    connectorOf('Trial', 'trial', validPem, false),
  );

  const alice = userOf('alice@corp.example', 'Alice Liddell');
  const bob = userOf('bob.with.a.very.long.mailbox.name@subdivision.of.the.corporation.example', '', 'suspended');
  state.users.push(alice, bob);
  for (let each = 1; each <= 60; each++) state.users.push(userOf(`person${each}@corp.example`, `Person ${each}`));
  state.links.set(alice.id, [linkOf(corp, true), linkOf(partner, false)]);
  state.sessions.push(sessionOf(alice, corp), sessionOf(bob, partner));

  state.keys.push(
    { id: ids.id('apiKey'), name: 'Billing service', rights: ['sessions:check'], createdAt: isoTime(start) },
    {
      id: ids.id('apiKey'),
      name: 'Nightly report',
      rights: ['read', 'grants:read'],
      expiresAt: isoTime(start + 86_400_000),
      createdAt: isoTime(start),
    },
  );
  const actor = `administrator/${ada.id}`;
  state.audit.push(
    entryOf('connector.updated', actor, [corp.id, 'corp'], {
      data: {},
      changed: [
        { path: '/saml/issuerUrl', before: 'https://idp.old.example/metadata', after: corp.saml.issuerUrl },
        { path: '/saml/certificates/0', before: expiredPem, after: validPem },
      ],
    }),
    entryOf('login.failed', 'system/auth-gateway', [corp.id, 'SSO-7F3KQ2MD'], {
      data: { connectorId: corp.id, code: 'saml_audience_mismatch', reference: 'SSO-7F3KQ2MD' },
    }),
    entryOf('user.linked', actor, [alice.id, corp.id, alice.username, 'corp'], {
      data: { userId: alice.id, username: alice.username, connectorId: corp.id, connectorReference: 'corp' },
    }),
    entryOf('api-key.created', actor, [state.keys[0]?.id ?? ''], { data: { name: 'Billing service' } }),
    entryOf('administrator.signed-in', actor, [ada.id, ada.username], { data: { username: ada.username } }),
  );
  return state;
};
