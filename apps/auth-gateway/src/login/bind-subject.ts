import { BindAnswer, matches, Problem, ProblemError } from '@gatehouse/contracts';
import type { ServiceClient } from '@gatehouse/service-kit';
import type { InternalTokens } from '../keys/internal-tokens.ts';
import { LoginRefusal } from './login-refusal.ts';

export interface BindRequest {
  readonly userId: string;
  readonly connectorId: string;
  readonly subjectDigest: string;
  readonly traceparent: string;
}

/** Asks the user directory to bind a subject; resolves to the user's version that has it. */
export type BindSubject = (request: BindRequest) => Promise<number>;

const refusalOf = (code: string): LoginRefusal | undefined => {
  switch (code) {
    case 'subject_already_bound':
      return new LoginRefusal('subject_taken');
    case 'user_not_active':
      return new LoginRefusal('user_not_active');
    case 'link_not_found':
      return new LoginRefusal('user_not_linked');
    case 'user_not_found':
      return new LoginRefusal('user_unknown');
    default:
      return undefined;
  }
};

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

/**
 * First use binds, and it does so before the session starts: the directory's answer is atomic and unique both ways, so of two
 * subjects that claim one user at the same moment one is refused.
 * @throws LoginRefusal what the directory refuses; ProblemError `upstream_unavailable` when it gives no usable answer
 */
export const createBindSubject =
  (deps: { readonly directory: ServiceClient; readonly internalTokens: InternalTokens }): BindSubject =>
  async ({ userId, connectorId, subjectDigest, traceparent }) => {
    const token = await deps.internalTokens.forGateway();
    const answer = await deps.directory.call({
      method: 'POST',
      path: `/internal/users/${userId}/connectors/${connectorId}/bind`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', traceparent },
      body: JSON.stringify({ subjectDigest }),
    });
    const body = parsed(answer.body);
    if (answer.status === 200 && matches(BindAnswer, body)) return body.version;
    const refusal = matches(Problem, body) ? refusalOf(body.code) : undefined;
    throw refusal ?? new ProblemError('upstream_unavailable', { detail: `bind answered ${answer.status}` });
  };
