import type { AggregateStore, View } from '@gatehouse/aggregate-store';
import type { Ids } from '@gatehouse/contracts';
import { type CommandResult, type CommandRunner, callerOf, type IfMatch } from '@gatehouse/service-kit';
import type { FastifyRequest } from 'fastify';
import type { LastLogin } from '../consumers/last-logins.ts';
import type { UserAggregate, UserCommand } from '../domain/user.ts';
import type { KnownConnectors } from '../known-connectors.ts';

export interface UserRoutesDeps {
  readonly store: AggregateStore<UserAggregate>;
  readonly commands: CommandRunner<UserAggregate, UserCommand>;
  readonly connectors: KnownConnectors;
  readonly lastLogins: View<LastLogin>;
  readonly ids: Ids;
}

/** Runs a command in the name of whoever calls. */
export const runAs = (
  { commands }: UserRoutesDeps,
  request: FastifyRequest,
  id: string,
  command: UserCommand,
  ifMatch?: IfMatch,
): Promise<CommandResult<UserAggregate>> =>
  commands.execute({ id, command, ifMatch, actor: callerOf(request).actor, traceparent: request.trace.traceparent });
