import { type Caller, type Clock, headers, ProblemError } from '@gatehouse/contracts';
import type { LoginState } from '@gatehouse/login-state';
import { callerOf, hasRight, type ServiceClient } from '@gatehouse/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { InternalTokens } from '../keys/internal-tokens.ts';
import type { Projection } from '../projection/projection.ts';
import { inScope } from '../scope.ts';
import type { SessionEndings } from '../sessions/ending.ts';
import type { CallerAuth } from './caller-auth.ts';
import { type Denial, denialOf } from './denials.ts';

export interface ForwardingDeps {
  readonly registry: ServiceClient;
  readonly directory: ServiceClient;
  readonly internalTokens: InternalTokens;
  readonly callerAuth: CallerAuth;
  readonly projection: Projection;
  readonly loginState: LoginState;
  readonly endings: SessionEndings;
  readonly clock: Clock;
}

type Answer = Awaited<ReturnType<ServiceClient['call']>>;

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const forwardedMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const forwardedRequestHeaders = ['accept', 'content-type', 'if-match'] as const;
const forwardedAnswerHeaders = [
  'allow',
  'content-type',
  'etag',
  'location',
  'retry-after',
  headers.version,
  headers.aggregate,
];

// Nothing but plain segments: a client that resolves `..` would otherwise reach addresses that are not forwarded.
const plainPath = /^\/api\/(?:connectors|users)(?:\/[A-Za-z0-9_-]+)*$/;

const appliedWithinMs = 2_000;
/** Longer than any gateway can be without news of a change: one that runs goes on without the log, and marks are small. */
const markLifeMs = 365 * 86_400_000;

const pathOf = (url: string): string => {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
};

/** The version that a change made, as its owner says it. */
const changeOf = (answer: Answer): { readonly aggregateId: string; readonly version: number } | undefined => {
  const version = Number(answer.headers[headers.version]);
  const aggregateId = answer.headers[headers.aggregate];
  return aggregateId === undefined || !Number.isSafeInteger(version) || version < 1
    ? undefined
    : { aggregateId, version };
};

/**
 * Forwards the admin API to the services that own it, in the caller's name, and holds a 2xx until the change is in force: what
 * takes something away is first marked where every gateway looks, then ends its sessions; every change waits for the
 * gateway's own view.
 */
export const forwardingRoutes = async (app: FastifyInstance, deps: ForwardingDeps): Promise<void> => {
  const { registry, directory, internalTokens, callerAuth, projection, loginState, endings, clock } = deps;

  const forward = async (request: FastifyRequest, client: ServiceClient, caller: Caller): Promise<Answer> => {
    const sent: Record<string, string> = {
      authorization: `Bearer ${await internalTokens.forCaller(caller)}`,
      traceparent: request.trace.traceparent,
    };
    for (const name of forwardedRequestHeaders) {
      const value = request.headers[name];
      if (value !== undefined) sent[name] = value;
    }
    const { body } = request;
    return await client.call({
      method: request.method,
      path: request.url,
      headers: sent,
      body: Buffer.isBuffer(body) && body.length > 0 ? body : undefined,
    });
  };

  const mark = async (request: FastifyRequest, denial: Denial, version: number, caller: Caller): Promise<void> => {
    await loginState.putDenyMarks([{ subject: denial.subject, version }], clock.now() + markLifeMs);
    const { reason, ...match } = denial.ending;
    await endings.endAll(match, reason, { actor: caller.actor, traceparent: request.trace.traceparent });
  };

  const deny = async (request: FastifyRequest, answer: Answer, caller: Caller): Promise<void> => {
    const denial = denialOf(request.method, pathOf(request.url));
    if (denial === undefined) return;
    const change = changeOf(answer);
    // Without its version a mark would never be lifted again, and without a mark the change would not be in force.
    if (change === undefined) throw new ProblemError('upstream_unavailable', { detail: 'the answer names no version' });
    await mark(request, denial, change.version, caller);
  };

  /**
   * A deletion of what its owner no longer has, but this gateway has: the one that was carried out may have lost its answer or
   * its mark, and now nobody would repeat it. No version lifts the mark, because ids never come back.
   */
  const denyGone = async (request: FastifyRequest, caller: Caller): Promise<void> => {
    const denial = denialOf(request.method, pathOf(request.url));
    if (denial === undefined) return;
    const { reason, userId, connectorId } = denial.ending;
    const isWhole = reason === 'user_deleted' || reason === 'connector_deleted';
    if (!isWhole || projection.version(userId ?? connectorId ?? '') === 0) return;
    await mark(request, denial, Number.MAX_SAFE_INTEGER, caller);
  };

  const handle = async (request: FastifyRequest, reply: FastifyReply, client: ServiceClient): Promise<FastifyReply> => {
    const caller = callerOf(request);
    const isReading = readingMethods.has(request.method);
    if (!hasRight(caller, isReading ? 'read' : 'admin')) throw new ProblemError('forbidden');
    if (!plainPath.test(pathOf(request.url))) throw new ProblemError('not_found');
    const answer = await forward(request, client, caller);
    // The owner refuses the gateway's own token: a fault between services, not of the caller.
    if (answer.status === 401)
      throw new ProblemError('upstream_unavailable', { detail: 'the internal token was refused' });
    if (answer.status === 404 && request.method === 'DELETE') await denyGone(request, caller);
    if (!isReading && answer.status < 300) {
      await deny(request, answer, caller);
      const change = changeOf(answer);
      const isApplied =
        change === undefined || (await projection.waitFor(change.aggregateId, change.version, appliedWithinMs));
      if (!isApplied) reply.header(headers.applied, 'pending');
    }
    for (const name of forwardedAnswerHeaders) {
      const value = answer.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
    reply.code(answer.status);
    return answer.body.length === 0 ? reply.send() : reply.send(answer.body);
  };

  await inScope(app, async (scope) => {
    scope.addHook('onRequest', callerAuth.byKeyOrSession);
    // Bodies go on as they came: their owner knows what is in them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const owners = [
      ['/api/connectors', registry],
      ['/api/users', directory],
    ] as const;
    for (const [address, client] of owners) {
      for (const url of [address, `${address}/*`]) {
        scope.route({
          method: forwardedMethods,
          url,
          handler: (request: FastifyRequest, reply: FastifyReply) => handle(request, reply, client),
        });
      }
    }
  });
};
