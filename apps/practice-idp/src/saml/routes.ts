import type { KeyObject } from 'node:crypto';
import type { Clock, Ids } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Account, accountOf } from '../accounts.ts';
import { derivedSecret } from '../keys/key-store.ts';
import type { Misbehaviour } from '../misbehaviour.ts';
import { answerPage } from '../pages/answer.ts';
import { sendPage } from '../pages/page.ts';
import { signInPage } from '../pages/sign-in.ts';
import { Refusal } from '../refusal.ts';
import type { SignInSession } from '../sign-in-session.ts';
import { type AuthnRequest, AuthnRequestError, fromPost, fromRedirect, parseAuthnRequest } from './authn-request.ts';
import type { NameIdFormat } from './draft.ts';
import { type FlawName, isFlawName } from './flaws/index.ts';
import { makeResponse } from './make-response.ts';
import { type IdpAddresses, renderMetadata } from './metadata.ts';
import type { ServiceProviders } from './service-providers.ts';
import { attributesOf, nameIdFormatOf, nameIdOf } from './subject.ts';

export interface SamlRoutesDeps {
  readonly addresses: () => IdpAddresses;
  readonly key: KeyObject;
  readonly certificate: string;
  readonly serviceProviders: ServiceProviders;
  readonly session: SignInSession;
  readonly misbehaviour: Misbehaviour;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A request that may be answered, with what comes back beside it. */
interface PendingSignIn {
  readonly request: AuthnRequest;
  readonly nameIdFormat: NameIdFormat;
  readonly xml: string;
  readonly relayState: string | undefined;
}

/** GET /saml/metadata, GET and POST /saml/sso, POST /saml/sign-in. */
export function registerSamlRoutes(app: FastifyInstance, deps: SamlRoutesDeps): void {
  const persistentIdSecret = derivedSecret(deps.key, 'persistent NameID');

  app.get('/saml/metadata', (_request, reply) =>
    reply.type('application/samlmetadata+xml').send(renderMetadata(deps.addresses(), deps.certificate)),
  );

  app.get('/saml/sso', (request, reply) => begin(request, reply, readFields(request.query), fromRedirect));
  app.post('/saml/sso', (request, reply) => begin(request, reply, readFields(request.body), fromPost));

  app.post('/saml/sign-in', (request, reply) => {
    const fields = readFields(request.body);
    const pending = readPending(fields, fromPost);
    const chosen = readFields(request.query).flaw ?? fields.flaw;
    // An empty choice is one too: to behave this once.
    const flaw = chosen === undefined ? deps.misbehaviour.flaw : readFlaw(chosen);
    const account = accountOf(fields.account ?? fields.email ?? '');
    if (account === undefined) {
      reply.code(400);
      return askWho(reply, pending, 'Type an e-mail address, such as carol@example.com.');
    }
    deps.session.start(reply, account);
    return answer(reply, pending, account, flaw);
  });

  function begin(request: FastifyRequest, reply: FastifyReply, fields: Fields, decode: (text: string) => string) {
    const pending = readPending(fields, decode);
    const account = pending.request.forceAuthn ? undefined : deps.session.accountOf(request);
    return account === undefined ? askWho(reply, pending) : answer(reply, pending, account, deps.misbehaviour.flaw);
  }

  function readPending(fields: Fields, decode: (text: string) => string): PendingSignIn {
    const parameter = fields.SAMLRequest;
    if (parameter === undefined) {
      throw new AuthnRequestError('request_missing', 'Sign-in begins at an application, which sends a SAMLRequest');
    }
    const xml = decode(parameter);
    const request = parseAuthnRequest(xml);
    const { ssoUrl } = deps.addresses();
    if (request.destination !== undefined && request.destination !== ssoUrl) {
      throw new Refusal('destination_mismatch', `The request is for ${request.destination}, and this is ${ssoUrl}`);
    }
    if (!deps.serviceProviders.isAllowedAcs(request.acsUrl)) {
      throw new Refusal('acs_not_allowed', `Answers are not sent to ${request.acsUrl}`);
    }
    const nameIdFormat = nameIdFormatOf(request.nameIdFormat);
    if (nameIdFormat === undefined) {
      throw new Refusal('name_id_format_unknown', `The NameID format ${request.nameIdFormat} is not known here`);
    }
    return { request, nameIdFormat, xml, relayState: fields.RelayState };
  }

  function askWho(reply: FastifyReply, pending: PendingSignIn, error?: string): FastifyReply {
    const page = signInPage({
      serviceProvider: pending.request.issuer,
      samlRequest: Buffer.from(pending.xml, 'utf8').toString('base64'),
      relayState: pending.relayState,
      flaw: deps.misbehaviour.flaw,
      ...(error === undefined ? {} : { error }),
    });
    return sendPage(reply, page);
  }

  function answer(
    reply: FastifyReply,
    pending: PendingSignIn,
    account: Account,
    flaw: FlawName | undefined,
  ): FastifyReply {
    const { acsUrl } = pending.request;
    const samlResponse = deps.misbehaviour.replay(acsUrl, flaw, () => respond(pending, account, flaw));
    const relayState = flaw === 'unsolicited' ? undefined : pending.relayState;
    return sendPage(reply, answerPage({ acsUrl, samlResponse, relayState }), deps.serviceProviders.formActionSources);
  }

  function respond(pending: PendingSignIn, account: Account, flaw: FlawName | undefined): string {
    const { request, nameIdFormat } = pending;
    const serviceProvider = request.issuer;
    return makeResponse({
      key: deps.key,
      certificate: deps.certificate,
      issuer: deps.addresses().entityId,
      acsUrl: request.acsUrl,
      audience: serviceProvider,
      inResponseTo: request.id,
      nameId: nameIdOf({ account, format: nameIdFormat, serviceProvider, secret: persistentIdSecret, ids: deps.ids }),
      nameIdFormat,
      attributes: attributesOf(account),
      clock: deps.clock,
      ids: deps.ids,
      ...(flaw === undefined ? {} : { flaw }),
    });
  }
}

type Fields = Readonly<Record<string, string | undefined>>;

/** Query or form fields that came once; those that came twice are nobody's. */
function readFields(source: unknown): Fields {
  if (typeof source !== 'object' || source === null) return {};
  return Object.fromEntries(Object.entries(source).filter(([, value]) => typeof value === 'string'));
}

/** @throws Refusal `flaw_unknown` */
export function readFlaw(name: string | undefined): FlawName | undefined {
  if (name === undefined || name === '') return undefined;
  if (isFlawName(name)) return name;
  throw new Refusal('flaw_unknown', `There is no flaw called ${name}`);
}
