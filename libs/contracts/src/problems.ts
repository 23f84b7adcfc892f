import { type Static, Type } from 'typebox';

/**
 * Every code that an answer of status 4xx or 5xx can carry in `application/problem+json` (RFC 9457).
 * Closed: a code that is not here does not compile. Texts are for people; programs compare `code`.
 */
export const problems = {
  invalid_request: { status: 400, title: 'The request has wrong or missing fields' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_url: { status: 400, title: 'The address is not validly encoded' },
  invalid_cursor: { status: 400, title: 'The cursor is not one that this list gave' },
  connector_type_not_available: { status: 400, title: 'Connectors of this type are not available yet' },
  invalid_return_to: { status: 400, title: 'The return address is not on the list of allowed origins' },
  invalid_audience: { status: 400, title: 'Tokens are not issued for this audience' },
  invalid_code: { status: 400, title: 'The code is unknown, used, expired, or meant for another origin' },
  invalid_setup_link: { status: 400, title: 'The set-up link is used, expired or unknown' },
  unauthenticated: { status: 401, title: 'Sign in or send an API key' },
  invalid_credentials: { status: 401, title: 'The name or the passphrase is wrong' },
  no_session: { status: 401, title: 'There is no session' },
  forbidden: { status: 403, title: 'The caller has no right to do this' },
  csrf_token_invalid: { status: 403, title: 'The X-CSRF-Token header is missing or wrong' },
  origin_refused: { status: 403, title: 'The request does not come from this site' },
  login_refused: { status: 403, title: 'The sign-in was refused' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  connector_not_found: { status: 404, title: 'There is no such connector' },
  user_not_found: { status: 404, title: 'There is no such user' },
  session_not_found: { status: 404, title: 'There is no such session' },
  link_not_found: { status: 404, title: 'The user is not linked to this connector' },
  api_key_not_found: { status: 404, title: 'There is no such API key' },
  administrator_not_found: { status: 404, title: 'There is no such administrator' },
  login_address_unknown: { status: 404, title: 'There is nothing to sign in to at this address' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  not_acceptable: { status: 406, title: 'No form of the answer that was asked for' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  connector_reference_taken: { status: 409, title: 'Another connector has this reference' },
  username_taken: { status: 409, title: 'Another user has this username' },
  administrator_taken: { status: 409, title: 'Another administrator has this name' },
  last_administrator: { status: 409, title: 'The last administrator cannot be removed' },
  setup_already_done: { status: 409, title: 'The first administrator exists already' },
  subject_already_bound: { status: 409, title: 'The subject belongs to another user, or the link has another subject' },
  user_not_active: { status: 409, title: 'The user is suspended' },
  version_conflict: { status: 412, title: 'The version in If-Match is not the current one' },
  payload_too_large: { status: 413, title: 'The body is larger than this address takes' },
  uri_too_long: { status: 414, title: 'The address is longer than this server takes' },
  unsupported_media_type: { status: 415, title: 'The body has a media type that this address does not take' },
  precondition_required: { status: 428, title: 'Send If-Match with the version you have seen' },
  rate_limited: { status: 429, title: 'Too many requests; see Retry-After' },
  headers_too_large: { status: 431, title: 'The headers are larger than this server takes' },
  internal_error: { status: 500, title: 'Something went wrong on this side' },
  upstream_unavailable: { status: 503, title: 'A service behind the gateway does not answer' },
  storage_unavailable: { status: 503, title: 'The storage cannot take the change now' },
  not_ready: { status: 503, title: 'The service is starting, stopping or overloaded' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

export const FieldError = Type.Object({
  /** RFC 6901 JSON Pointer into the request's body, `/saml/issuerUrl`. */
  pointer: Type.String(),
  message: Type.String(),
});
export type FieldError = Static<typeof FieldError>;

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(FieldError)),
  /** `SSO-7F3KQ2MD`, with `login_refused` and its kin. */
  reference: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;

export interface ProblemExtras {
  readonly detail?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly reference?: string | undefined;
  readonly cause?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The one error that routes throw on purpose; the host writes it as `application/problem+json`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly reference: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, extras: ProblemExtras = {}) {
    super(extras.detail ?? problems[code].title, { cause: extras.cause });
    this.code = code;
    this.status = problems[code].status;
    this.detail = extras.detail;
    this.errors = extras.errors;
    this.reference = extras.reference;
    this.headers = extras.headers ?? {};
  }
}

/** The body for a code: `type` is a relative reference into the documentation, absent extras stay absent. */
export const problemBody = (code: ProblemCode, extras: ProblemExtras = {}): Problem => ({
  type: `/docs/reference/problems#${code}`,
  title: problems[code].title,
  status: problems[code].status,
  code,
  ...(extras.detail === undefined ? {} : { detail: extras.detail }),
  ...(extras.errors === undefined ? {} : { errors: [...extras.errors] }),
  ...(extras.reference === undefined ? {} : { reference: extras.reference }),
});
