import { ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

/** What an identity provider's page posts: SAML Bindings 3.5.4. */
export interface PostedAnswer {
  readonly samlResponse: string;
  /** Absent when the identity provider answers nothing that we asked. */
  readonly relayState: string | undefined;
}

/** Room for a response of 256 kB in base64 and its percent-encoding; the gate measures the response itself. */
export const answerBodyLimit = 416 * 1024;

/** Forms only, in this scope: what is not one never reaches the route. */
export const takeForms = (scope: FastifyInstance): void => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
};

/**
 * Reads the form. A field that comes twice is refused: whoever reads the other one would see another document.
 * @throws ProblemError `invalid_request`
 */
export const readPostedAnswer = (body: unknown): PostedAnswer => {
  const fields = new URLSearchParams(typeof body === 'string' ? body : '');
  const responses = fields.getAll('SAMLResponse');
  const relayStates = fields.getAll('RelayState');
  const samlResponse = responses[0];
  if (responses.length > 1 || relayStates.length > 1) {
    throw new ProblemError('invalid_request', { detail: 'SAMLResponse and RelayState must each come once' });
  }
  if (samlResponse === undefined) {
    throw new ProblemError('invalid_request', { detail: 'SAMLResponse is missing' });
  }
  const relayState = relayStates[0];
  return { samlResponse, relayState: relayState === '' ? undefined : relayState };
};
