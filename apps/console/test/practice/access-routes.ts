import {
  Administrator,
  AdministratorSession,
  AdministratorSetup,
  AdministratorSignIn,
  ApiKey,
  AuditEntry,
  CreatedApiKey,
  createIds,
  isoTime,
  NewAdministrator,
  type NewAdministrator as NewAdministratorBody,
  NewApiKey,
} from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';
import { type ListQuery, pageOf, Refusal, taken, valid } from './answers.ts';
import { type PracticeState, setUpToken } from './state.ts';

type ById = { Params: { id: string } };
const ids = createIds();

export const accessRoutes = (app: FastifyInstance, state: PracticeState): void => {
  const sessionOf = (administrator: Administrator): AdministratorSession => {
    state.csrfToken ??= ids.secret();
    return valid(AdministratorSession, {
      administrator,
      csrfToken: state.csrfToken,
      expiresAt: isoTime(Date.now() + 3_600_000),
    });
  };
  const add = ({ username, displayName, passphrase }: NewAdministratorBody): Administrator => {
    if (state.administrators.some((each) => each.username === username)) throw new Refusal('administrator_taken');
    const now = isoTime(Date.now());
    const made = {
      id: ids.id('administrator'),
      username,
      displayName: displayName ?? '',
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    state.administrators.push(made);
    state.passphrases.set(username, passphrase);
    return valid(Administrator, made);
  };

  app.post('/api/administrators/setup', async (request, reply) => {
    const body = taken(AdministratorSetup, request);
    if (state.isSetUp || body.token !== setUpToken) throw new Refusal('invalid_setup_link');
    state.isSetUp = true;
    return reply.status(201).send(add(body));
  });

  app.post('/api/administrators/sign-in', async (request, reply) => {
    const { username, passphrase } = taken(AdministratorSignIn, request);
    const administrator = state.administrators.find((each) => each.username === username);
    if (administrator === undefined || state.passphrases.get(username) !== passphrase) {
      throw new Refusal('invalid_credentials');
    }
    return reply
      .header('set-cookie', `practice=${administrator.id}; Path=/; HttpOnly; SameSite=Strict`)
      .send(sessionOf(administrator));
  });

  app.post('/api/administrators/sign-out', async (_request, reply) => {
    state.csrfToken = undefined;
    return reply.header('set-cookie', 'practice=; Path=/; Max-Age=0').status(204).send();
  });

  app.get('/api/administrators/me', async (request) => {
    const id = /practice=([a-z0-9_]+)/.exec(request.headers.cookie ?? '')?.[1];
    const administrator = state.administrators.find((each) => each.id === id);
    if (administrator === undefined) throw new Refusal('unauthenticated');
    return sessionOf(administrator);
  });

  app.get<{ Querystring: ListQuery }>('/api/administrators', async ({ query }) =>
    pageOf(Administrator, state.administrators, query),
  );
  app.post('/api/administrators', async (request, reply) =>
    reply.status(201).send(add(taken(NewAdministrator, request))),
  );
  app.delete<ById>('/api/administrators/:id', async (request, reply) => {
    if (state.administrators.length === 1) throw new Refusal('last_administrator');
    const index = state.administrators.findIndex(({ id }) => id === request.params.id);
    if (index < 0) throw new Refusal('administrator_not_found');
    state.administrators.splice(index, 1);
    return reply.status(204).send();
  });

  app.get<{ Querystring: ListQuery }>('/api/api-keys', async ({ query }) => pageOf(ApiKey, state.keys, query));
  app.post('/api/api-keys', async (request, reply) => {
    const key = { ...taken(NewApiKey, request), id: ids.id('apiKey'), createdAt: isoTime(Date.now()) };
    state.keys.push(key);
    return reply.status(201).send(valid(CreatedApiKey, { ...key, key: `gk_${ids.secret()}` }));
  });
  app.delete<ById>('/api/api-keys/:id', async (request, reply) => {
    const index = state.keys.findIndex(({ id }) => id === request.params.id);
    if (index < 0) throw new Refusal('api_key_not_found');
    state.keys.splice(index, 1);
    return reply.status(204).send();
  });

  app.get<{ Querystring: ListQuery }>('/api/audit', async ({ query }) => {
    const found = state.audit.filter(
      (entry) =>
        (query.type === undefined || entry.type === query.type) &&
        (query.subject === undefined || entry.subjects.includes(query.subject)),
    );
    return pageOf(AuditEntry, found, query);
  });

  app.get('/api/settings', async () => ({
    appName: 'INO cx',
    baseUrl: 'http://localhost:3000',
    entityId: 'http://localhost:3000/api/saml/metadata',
    replyUrl: 'http://localhost:3000/api/sso/login/callback',
    version: '0.1.0',
  }));
};
