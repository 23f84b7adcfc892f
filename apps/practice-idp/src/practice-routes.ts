import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Misbehaviour } from './misbehaviour.ts';
import { landingPage } from './pages/landing.ts';
import { sendPage } from './pages/page.ts';
import { signOutPage } from './pages/sign-out.ts';
import { Refusal } from './refusal.ts';
import { flawNames, flaws } from './saml/flaws/index.ts';
import type { IdpAddresses } from './saml/metadata.ts';
import { readFlaw } from './saml/routes.ts';
import type { SignInSession } from './sign-in-session.ts';

export interface PracticeRoutesDeps {
  readonly baseUrl: () => string;
  readonly addresses: () => IdpAddresses;
  readonly certificate: string;
  readonly session: SignInSession;
  readonly misbehaviour: Misbehaviour;
}

/** GET /, GET and POST /sign-out, GET and POST /practice/flaw. */
export function registerPracticeRoutes(app: FastifyInstance, deps: PracticeRoutesDeps): void {
  app.get('/', (request, reply) => {
    const account = deps.session.accountOf(request);
    const { certificate, misbehaviour } = deps;
    return sendPage(reply, landingPage({ addresses: deps.addresses(), certificate, flaw: misbehaviour.flaw, account }));
  });

  app.get('/sign-out', (request, reply) => sendPage(reply, signOutPage(deps.session.accountOf(request))));

  app.post('/sign-out', (request, reply) => {
    refuseOtherOrigins(request, deps.baseUrl());
    deps.session.end(reply);
    return reply.redirect('/sign-out', 303);
  });

  app.get('/practice/flaw', () => ({
    name: deps.misbehaviour.flaw ?? null,
    flaws: flawNames.map((name) => {
      const { description, rule, kind, expected } = flaws[name];
      return { name, description, rule, kind, expected };
    }),
  }));

  app.post('/practice/flaw', (request, reply) => {
    refuseOtherOrigins(request, deps.baseUrl());
    deps.misbehaviour.choose(readFlaw(nameIn(request.body)));
    if (isForm(request)) return reply.redirect('/', 303);
    return reply.send({ name: deps.misbehaviour.flaw ?? null });
  });
}

/** @throws Refusal `flaw_unknown` when there is no name, neither text nor null */
function nameIn(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined;
  if (name === null) return undefined;
  if (typeof name === 'string') return name;
  throw new Refusal('flaw_unknown', 'The body must be { "name": "<flaw>" }, with null for none');
}

function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}

/** A page of somebody else must not switch this process over. Programs send no Origin and are let through. */
function refuseOtherOrigins(request: FastifyRequest, baseUrl: string): void {
  const { origin } = request.headers;
  if (origin === undefined || origin === new URL(baseUrl).origin) return;
  throw new Refusal('origin_refused', 'This is done from the pages of the practice identity provider only', 403);
}
