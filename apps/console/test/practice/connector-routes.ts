import {
  Connector,
  ConnectorPatch,
  createIds,
  type FieldError,
  isoTime,
  NewConnector,
  type NewConnector as NewConnectorBody,
  referencePattern,
  type SamlSettings,
} from '@gatehouse/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ListQuery, pageOf, Refusal, requireVersion, taken, valid } from './answers.ts';
import { inspect } from './certificate.ts';
import type { PracticeState } from './state.ts';

type ById = { Params: { id: string } };
const ids = createIds();

const fieldFaults = (body: Pick<NewConnectorBody, 'name' | 'reference' | 'saml'>): readonly FieldError[] => {
  const faults: FieldError[] = [];
  if (body.name === '') faults.push({ pointer: '/name', message: 'is mandatory' });
  if (!new RegExp(referencePattern).test(body.reference)) {
    faults.push({ pointer: '/reference', message: 'takes 1 to 64 letters, digits and _ . + - @' });
  }
  if (!URL.canParse(body.saml.issuerUrl))
    faults.push({ pointer: '/saml/issuerUrl', message: 'must be an absolute address' });
  if (!body.saml.endpoint.startsWith('https://'))
    faults.push({ pointer: '/saml/endpoint', message: 'must begin with https://' });
  if (body.saml.certificates.length === 0)
    faults.push({ pointer: '/saml/certificates', message: 'needs at least one certificate' });
  body.saml.certificates.forEach((pem, index) => {
    try {
      inspect(pem);
    } catch {
      faults.push({ pointer: `/saml/certificates/${index}`, message: 'is not an X.509 certificate in PEM form' });
    }
  });
  return faults;
};

const samlOf = (saml: NewConnectorBody['saml']): SamlSettings => ({
  ...saml,
  requireSignature: saml.requireSignature ?? 'either',
  expiredCertificate: saml.expiredCertificate ?? 'warn',
  certificateDetails: saml.certificates.map((pem) => inspect(pem)),
});

export const connectorRoutes = (app: FastifyInstance, state: PracticeState): void => {
  const find = (request: FastifyRequest<ById>): Connector => {
    const found = state.connectors.find(({ id }) => id === request.params.id);
    if (found === undefined) throw new Refusal('connector_not_found');
    return found;
  };
  const put = (connector: Connector): Connector => {
    const index = state.connectors.findIndex(({ id }) => id === connector.id);
    if (index < 0) state.connectors.push(connector);
    else state.connectors[index] = connector;
    return valid(Connector, connector);
  };
  const refuseTaken = (reference: string, own?: string): void => {
    const taker = state.connectors.find((each) => each.reference.toLowerCase() === reference.toLowerCase());
    if (taker !== undefined && taker.id !== own) throw new Refusal('connector_reference_taken');
  };

  app.get<{ Querystring: ListQuery }>('/api/connectors', async ({ query }) => {
    const words = (query.q ?? '').toLowerCase();
    const found = state.connectors.filter((each) => `${each.name} ${each.reference}`.toLowerCase().includes(words));
    return pageOf(Connector, found, query);
  });

  app.post('/api/connectors', async (request, reply) => {
    if ((request.body as { type?: unknown }).type === 'OAUTH2') throw new Refusal('connector_type_not_available');
    const body = taken(NewConnector, request);
    const faults = fieldFaults(body);
    if (faults.length > 0) throw new Refusal('invalid_request', faults);
    refuseTaken(body.reference);
    const now = isoTime(Date.now());
    const made = put({
      ...body,
      id: ids.id('connector'),
      enabled: true,
      version: 1,
      loginAddress: `http://localhost:3000/api/sso/login/${body.reference}`,
      saml: samlOf(body.saml),
      createdAt: now,
      updatedAt: now,
    });
    return reply.status(201).send(made);
  });

  app.get<ById>('/api/connectors/:id', async (request) => valid(Connector, find(request)));

  app.patch<ById>('/api/connectors/:id', async (request) => {
    const stored = find(request);
    requireVersion(request, stored.version);
    const { saml: samlPatch, ...patch } = taken(ConnectorPatch, request);
    const { certificateDetails: _, ...storedSaml } = stored.saml;
    const saml = { ...storedSaml, ...samlPatch } as NewConnectorBody['saml'];
    const next = { ...stored, ...patch, saml };
    const faults = fieldFaults(next);
    if (faults.length > 0) throw new Refusal('invalid_request', faults);
    refuseTaken(next.reference, stored.id);
    return put({ ...next, saml: samlOf(saml), version: stored.version + 1, updatedAt: isoTime(Date.now()) });
  });

  app.delete<ById>('/api/connectors/:id', async (request, reply) => {
    const stored = find(request);
    requireVersion(request, stored.version);
    state.connectors.splice(state.connectors.indexOf(stored), 1);
    return reply.status(204).send();
  });

  for (const [action, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    app.post<ById>(`/api/connectors/:id/${action}`, async (request) => {
      const stored = find(request);
      return put({ ...stored, enabled, version: stored.version + 1 });
    });
  }

  app.get<ById>('/api/connectors/:id/usage', async (request) => {
    const { id } = find(request);
    return {
      users: [...state.links.values()].filter((links) => links.some((link) => link.connectorId === id)).length,
      sessions: state.sessions.filter((session) => session.connector.id === id).length,
    };
  });

  app.post<{ Body: { certificate: string } }>('/api/saml/certificate-preview', async ({ body }) => ({
    items: [inspect(body.certificate)],
  }));
};
