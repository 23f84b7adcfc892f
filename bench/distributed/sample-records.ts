import { createHash } from 'node:crypto';
import { type Connector, createIds, isoTime, systemClock, type User } from '@gatehouse/contracts';
import { encodeConnectorState, encodeFact, encodeUserState, type LogRecord } from '@gatehouse/event-log';
import { makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';

const ids = createIds(systemClock);
const certificate = makeSelfSignedCertificate({ key: makeSigningKey() });
const hexPairs = (text: string): string =>
  (createHash('sha256').update(text).digest('hex').toUpperCase().match(/../g) ?? []).join(':');

/** A connector as an administrator would have made it, with a real certificate. */
export const sampleConnector = (number: number): Connector => {
  const now = isoTime(Date.now());
  const reference = `company-${number}`;
  return {
    id: ids.id('connector'),
    name: `Company ${number}`,
    reference,
    type: 'SAML_V2',
    enabled: true,
    version: 1,
    loginAddress: `http://localhost/api/sso/login/${reference}`,
    saml: {
      issuerUrl: `https://idp.company-${number}.example/saml/metadata`,
      endpoint: `https://idp.company-${number}.example/saml/sso`,
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      certificates: [certificate],
      requireSignature: 'either',
      expiredCertificate: 'warn',
      certificateDetails: [
        {
          subject: 'CN=practice',
          issuer: 'CN=practice',
          fingerprint256: hexPairs(certificate),
          notBefore: now,
          notAfter: isoTime(Date.now() + 365 * 86_400_000),
        },
      ],
    },
    createdAt: now,
    updatedAt: now,
  };
};

/** What the registry sends for a connector that was just made: the fact and the state. */
export const connectorRecords = (connector: Connector): readonly LogRecord[] => [
  encodeFact({
    id: ids.id('event'),
    source: '/gatehouse/connector-registry',
    type: 'connector.created',
    subject: connector.id,
    time: connector.createdAt,
    sequence: 1,
    actor: 'administrator',
    data: { connector },
  }),
  encodeConnectorState(connector.id, { version: 1, connector }),
];

/** The state of a user with a bound link. */
export const userStateRecord = (number: number, connectorId: string): LogRecord => {
  const now = isoTime(Date.now());
  const user: User = {
    id: ids.id('user'),
    username: `user-${number}@company.example`,
    displayName: `User ${number}`,
    status: 'active',
    version: 3,
    createdAt: now,
    updatedAt: now,
  };
  const digest = createHash('sha256').update(user.id).digest('base64url');
  return encodeUserState(user.id, {
    version: 3,
    user,
    links: [{ connectorId, linkedAt: now, subjectDigest: digest }],
  });
};

/** The fact that a session has started, and the session's id. */
export const sessionStarted = (): { readonly sessionId: string; readonly record: LogRecord } => {
  const sessionId = ids.id('session');
  const record = encodeFact({
    id: ids.id('event'),
    source: '/gatehouse/auth-gateway',
    type: 'session.started',
    subject: sessionId,
    time: isoTime(Date.now()),
    sequence: 1,
    actor: 'user',
    data: { sessionId, userId: ids.id('user'), connectorId: ids.id('connector') },
  });
  return { sessionId, record };
};
