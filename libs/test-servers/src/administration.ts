/** The key with which tests administer the products that they start. */
export const testAdminKey = 'test-only-administrator-key-0123456789abcdef';

export interface AdministrationAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers member by member and fail where one is missing
  readonly body: any;
}

/** A call of the administration API with the test's key; the body as parsed JSON, undefined when empty. */
export type Administer = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<AdministrationAnswer>;

/** The administration API of whatever listens on a port of this machine. */
export const administerAt =
  (port: number): Administer =>
  async (method, path, body, headers = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${testAdminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
