import { type CertificateDetail, ConnectorId, type FieldError, ProblemError } from '@gatehouse/contracts';
import type { LoginState } from '@gatehouse/login-state';
import { CertificateRefusal, inspectCertificate, splitCertificates } from '@gatehouse/saml';
import { requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Projection } from '../projection/projection.ts';
import type { GatewayAddresses, GatewaySettings } from '../settings.ts';

export interface ConsoleDeps {
  readonly settings: GatewaySettings;
  readonly addresses: GatewayAddresses;
  readonly projection: Projection;
  readonly loginState: LoginState;
}

const CertificatePreview = Type.Object(
  { certificate: Type.String({ minLength: 1, maxLength: 100_000 }) },
  { additionalProperties: false },
);
const ConnectorParams = Type.Object({ id: ConnectorId });

const mostCertificates = 5;
const sessionsPerPage = 200;
/** Beyond this the exact number helps nobody decide. */
const mostSessionPages = 50;

const refused = (errors: readonly FieldError[]): ProblemError => new ProblemError('invalid_request', { errors });
const atCertificate = (message: string): FieldError => ({ pointer: '/certificate', message });

const previewed = (pasted: string): readonly CertificateDetail[] => {
  try {
    const inspected = splitCertificates(pasted).map(inspectCertificate);
    if (inspected.length > mostCertificates) {
      throw refused([atCertificate(`At most ${mostCertificates} certificates can be pinned.`)]);
    }
    const problems = inspected.flatMap(({ problems: found }) => found.map(({ message }) => atCertificate(message)));
    if (problems.length > 0) throw refused(problems);
    return inspected.map(({ subject, issuer, fingerprint256, notBefore, notAfter }) => ({
      subject,
      issuer,
      fingerprint256,
      notBefore,
      notAfter,
    }));
  } catch (error) {
    if (error instanceof CertificateRefusal) throw refused([atCertificate(error.message)]);
    throw error;
  }
};

const countSessions = async (loginState: LoginState, connectorId: string): Promise<number> => {
  let count = 0;
  let cursor: string | undefined;
  for (let page = 0; page < mostSessionPages; page++) {
    const { items, nextCursor } = await loginState.listSessions({
      kind: 'user',
      connectorId,
      limit: sessionsPerPage,
      cursor,
    });
    count += items.length;
    if (nextCursor === undefined) return count;
    cursor = nextCursor;
  }
  return count;
};

/** What the console asks beside the resources themselves. The scope's hooks know the caller. */
export const consoleRoutes = (scope: FastifyInstance, deps: ConsoleDeps): void => {
  const { settings, addresses, projection, loginState } = deps;
  const onRequest = requireRight('read');

  scope.get('/api/settings', { onRequest }, async () => ({
    appName: settings.appName,
    baseUrl: settings.baseUrl,
    entityId: addresses.entityId,
    replyUrl: addresses.replyUrl,
    version: settings.version,
  }));
  scope.post<{ Body: Static<typeof CertificatePreview> }>(
    '/api/saml/certificate-preview',
    { onRequest, schema: { body: CertificatePreview } },
    async (request) => ({ items: previewed(request.body.certificate) }),
  );
  scope.get<{ Params: Static<typeof ConnectorParams> }>(
    '/api/connectors/:id/usage',
    { onRequest, schema: { params: ConnectorParams } },
    async ({ params: { id } }) => {
      if (projection.connector(id)?.connector === undefined) throw new ProblemError('connector_not_found');
      return { users: projection.linkedUsers(id), sessions: await countSessions(loginState, id) };
    },
  );
};
