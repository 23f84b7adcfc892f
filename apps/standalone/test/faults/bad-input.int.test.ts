import { type RunningStandalone, startStandalone, testAdminKey } from '@gatehouse/test-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from '../support/raw-http.ts';
import { createSigner, originOf, type Signer, sessionStatus } from '../support/signer.ts';

let product: RunningStandalone;
let signer: Signer;
let session: string;
const id = { connector: '', user: '' };

beforeAll(async () => {
  product = await startStandalone();
  signer = await createSigner(product, 'sturdy');
  session = await signer.signIn(product);
  id.connector = signer.connectorId;
  id.user = signer.userId;
});
afterAll(() => product?.stop());

afterEach(async () => {
  // Still there, not hurt, and nothing was taken for a fault of this side.
  expect(await sessionStatus(product, session)).toBe(200);
  const made = await product.administer('POST', '/api/users', { username: `u${performance.now()}@example.com` });
  expect(made.status).toBe(201);
  const faults = product.process
    .output()
    .split('\n')
    .filter((line) => /"level":"(?:error|fatal)"/.test(line));
  expect(faults).toEqual([]);
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly port?: number;
}

interface Problem {
  readonly status: number;
  readonly code: string | undefined;
  readonly mediaType: string;
}

const send = async ({ method, path, type = 'application/json', body, headers, port }: Sent): Promise<Problem> => {
  const answer = await fetch(`http://127.0.0.1:${port ?? product.port}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${testAdminKey}`,
      accept: 'application/json',
      cookie: session,
      origin: product.baseUrl,
      'if-match': '"1"',
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  const mediaType = answer.headers.get('content-type') ?? '';
  const code = mediaType.startsWith('application/problem+json') ? JSON.parse(text).code : undefined;
  return { status: answer.status, code, mediaType };
};

/** A 4xx of ours: a problem with a code. */
const expectProblem = (what: string, { status, code, mediaType }: Problem): void => {
  expect(`${what}: ${status} ${mediaType}`).toMatch(/: 4\d\d application\/problem\+json/);
  expect(code, what).toMatch(/^[a-z_]+$/);
};

/** Every family of addresses that takes a body. */
const takers = (): readonly Sent[] => [
  { method: 'POST', path: '/api/connectors' },
  { method: 'PATCH', path: `/api/connectors/${id.connector}` },
  { method: 'POST', path: `/api/connectors/${id.connector}/enable` },
  { method: 'POST', path: '/api/users' },
  { method: 'PATCH', path: `/api/users/${id.user}` },
  { method: 'POST', path: `/api/users/${id.user}/reactivate` },
  { method: 'POST', path: '/api/administrators' },
  { method: 'POST', path: '/api/administrators/setup' },
  { method: 'POST', path: '/api/administrators/sign-in' },
  { method: 'POST', path: '/api/api-keys' },
  { method: 'POST', path: '/api/sessions/revoke' },
  { method: 'POST', path: '/api/saml/certificate-preview' },
  { method: 'POST', path: '/api/session/token' },
  { method: 'POST', path: '/api/session/redeem', port: product.internalPort },
  { method: 'POST', path: '/api/session/introspect', port: product.internalPort },
];

const named = (sent: Sent): string => `${sent.method} ${sent.path}`;

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const badBodies: readonly { readonly name: string; readonly body: string | Buffer; readonly type?: string }[] = [
  { name: 'malformed JSON', body: '{"name": ' },
  { name: 'JSON with something behind it', body: '{} {}' },
  { name: 'not UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
  { name: 'a number', body: '7' },
  { name: 'a text', body: '"name"' },
  { name: 'an array', body: '[]' },
  { name: 'unknown fields', body: '{"surprise":true,"__x":{"y":[1]}}' },
  { name: 'wrong types', body: '{"name":7,"username":{},"reference":[],"token":1,"audience":9,"rights":"all","x":0}' },
  { name: 'a prototype', body: '{"__proto__":{"admin":true}}' },
  { name: 'a constructor', body: '{"constructor":{"prototype":{"admin":true}}}' },
  { name: '100,000 levels', body: deep(100_000) },
  { name: '50,000 levels of objects', body: `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}` },
  { name: '1 MB', body: JSON.stringify({ name: 'x'.repeat(1_048_576) }) },
  { name: '60,000 values', body: JSON.stringify({ name: Array.from({ length: 60_000 }, () => 1) }) },
  { name: 'another media type', body: '<name/>', type: 'application/xml' },
  { name: 'a form', body: 'name=x', type: 'application/x-www-form-urlencoded' },
  { name: 'a media type that is none', body: '{}', type: ';;;' },
];

describe('a bad body', () => {
  it.each(badBodies)('is refused everywhere: $name', async ({ name, body, type }) => {
    for (const taker of takers()) {
      expectProblem(
        `${name} at ${named(taker)}`,
        await send({ ...taker, body, ...(type === undefined ? {} : { type }) }),
      );
    }
  });

  it('is refused at the callback: malformed forms, wrong fields, too much', async () => {
    const bodies = [
      '',
      'SAMLResponse=',
      'SAMLResponse=%zz&RelayState=%',
      'SAMLResponse=a&SAMLResponse=b&RelayState=c&RelayState=d',
      `RelayState=${'x'.repeat(100_000)}`,
      `SAMLResponse=${'A'.repeat(1_048_576)}`,
      `SAMLResponse=${Buffer.from('<x>'.repeat(50_000)).toString('base64')}&RelayState=x`,
      `${'a=b&'.repeat(20_000)}`,
      '__proto__=x&constructor=y&SAMLResponse[a]=1',
      '{"SAMLResponse":"x"}',
    ];
    for (const body of bodies) {
      const sent = { method: 'POST', path: '/api/sso/login/callback', body };
      const type = 'application/x-www-form-urlencoded';
      expectProblem(body.slice(0, 60), await send({ ...sent, type }));
      const page = await fetch(`${originOf(product)}${sent.path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(page.status).toBeLessThan(500);
    }
    expectProblem('JSON', await send({ method: 'POST', path: '/api/sso/login/callback', body: '{}' }));
  });
});

describe('a bad address', () => {
  const prefixes = [
    '/api/connectors',
    '/api/users',
    '/api/audit',
    '/api/sessions',
    '/api/api-keys',
    '/api/administrators',
    '/api/sso/login',
    '/api/session',
    '/api/saml',
    '/.well-known',
    '',
  ];
  const tails = [
    '/%',
    '/%zz',
    '/%ff',
    '/%00',
    '/a%00b',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/x/y',
    `/${'x'.repeat(5_000)}`,
  ];

  it.each(tails.map((tail) => [tail.slice(0, 30), tail] as const))('is refused everywhere: %s', async (_, tail) => {
    for (const prefix of prefixes) {
      const bytes = `GET ${prefix}${tail} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nAuthorization: Bearer ${testAdminKey}\r\nConnection: close\r\n\r\n`;
      for (const port of [product.port, product.internalPort]) {
        const { status, body } = await sendRaw(port, bytes);
        expect(`${prefix}${tail.slice(0, 30)} ${status}`).toMatch(/ 4\d\d$/);
        expect(body, prefix + tail).toMatch(/"code":"[a-z_]+"/);
      }
    }
  });

  it('below the console is the console itself, and no file of this machine', async () => {
    const console = await send({ method: 'GET', path: '/console/', headers: { accept: 'text/html' } });
    for (const tail of [
      '..%2f..%2f..%2f..%2f..%2fetc%2fpasswd',
      '%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      'a%00b',
      'assets/..%2f..%2f..%2fpackage.json',
    ]) {
      const bytes = `GET /console/${tail} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const { status, body } = await sendRaw(product.port, bytes);
      expect(`${tail} ${status}`).toMatch(status === console.status ? / (?:200|404)$/ : / 4\d\d$/);
      expect(body).not.toMatch(/root:|"workspaces"|"version"/);
    }
  });

  it('with a query that is wrong or huge is refused, or the query has no meaning there', async () => {
    const lists = [
      '/api/connectors',
      '/api/users',
      '/api/audit',
      '/api/sessions',
      '/api/api-keys',
      '/api/administrators',
    ];
    for (const path of lists) {
      for (const query of [
        'limit=0',
        'limit=x',
        'limit=999999999999999999999',
        'cursor=%zz%00',
        'cursor=e30',
        `q=${'x'.repeat(5_000)}`,
      ]) {
        const answer = await send({ method: 'GET', path: `${path}?${query}` });
        // Sessions have no `q`; what is not known there is not looked at.
        if (answer.status === 200 && query.startsWith('q=')) continue;
        expectProblem(`${path}?${query.slice(0, 30)}`, answer);
      }
    }
    const huge = `GET /api/users?q=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect((await sendRaw(product.port, huge)).status).toBe(431);
  });

  it('with a method that is not taken is refused and says which are', async () => {
    for (const path of [
      '/api/connectors',
      '/api/users',
      '/api/session',
      '/api/sso/login/callback',
      '/api/saml/metadata',
      '/livez',
    ]) {
      for (const method of ['TRACE', 'PROPFIND', 'LOCK', 'MKCOL', 'QUERY']) {
        const bytes = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
        const { status, body } = await sendRaw(product.port, bytes);
        expect(`${method} ${path} ${status}`).toMatch(/ 4\d\d$/);
        expect(body).toMatch(/"code":"[a-z_]+"/);
      }
    }
    const { status } = await send({ method: 'PUT', path: '/api/saml/metadata' });
    expect(status).toBe(405);
  });
});

describe('what is no HTTP, or too much of it', () => {
  const head = 'GET /livez HTTP/1.1\r\nHost: x\r\n';
  const refused: readonly (readonly [string, string])[] = [
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n'],
    ['a bad request line', 'GET\r\n\r\n'],
    ['a space before the colon', `${head}Authorization : x\r\n\r\n`],
    ['a null in the path', 'GET /api/users/\0 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a null in a header', `${head}X-A: a\0b\r\n\r\n`],
    ['two lengths', 'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['no host', 'GET /livez HTTP/1.1\r\n\r\n'],
    ['a large header', `${head}X-A: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['many headers', `${head}${'X-A: b\r\n'.repeat(5_000)}\r\n`],
    ['a large cookie', `${head}Cookie: ${'a=b; '.repeat(10_000)}\r\n\r\n`],
    ['an unknown protocol', 'GET /livez HTTP/9.9\r\nHost: x\r\n\r\n'],
  ];

  it.each(refused)('is refused and closed: %s', async (_, bytes) => {
    for (const port of [product.port, product.internalPort]) {
      const { status, text } = await sendRaw(port, Buffer.from(bytes, 'latin1'));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).toMatch(/connection: close/i);
    }
  });

  it('behind a good request closes the connection', async () => {
    const { text } = await sendRaw(product.port, `${head}\r\n\x01\x02garbage\r\n\r\n`);
    const statuses = text.match(/^HTTP\/1\.1 \d{3}/gm);
    expect(statuses?.at(-1)).toBe('HTTP/1.1 400');
    expect(text).toMatch(/connection: close/i);
  });

  it('broken off in a body is let go', async () => {
    const open =
      'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"user';
    await sendRaw(product.port, open, { timeoutMs: 200 });
  });

  it('in bad chunks is refused', async () => {
    const bytes = `POST /api/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${testAdminKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`;
    const { status } = await sendRaw(product.port, bytes);
    expect(status).toBe(400);
  });

  it('as HTTP/1.0 is answered and closed', async () => {
    const { status, text } = await sendRaw(product.port, 'GET /livez HTTP/1.0\r\n\r\n');
    expect(status).toBe(200);
    expect(text).toContain('{"status":"live"}');
  });

  it('that comes too slowly is dropped: headers after 10 s, bodies after 20 s', { timeout: 60_000 }, async () => {
    const slow = (bytes: string, drip: string) => sendRaw(product.port, bytes, { drip, timeoutMs: 40_000 });
    const body = `POST /api/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${testAdminKey}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;
    const form = `POST /api/sso/login/callback HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nS`;
    const [headers, ...bodies] = await Promise.all([slow(head, 'X-A: b\r\n'), slow(body, ' '), slow(form, 'A')]);
    expect(headers?.status).toBe(408);
    expect(headers?.ms).toBeLessThan(15_000);
    for (const { status, ms } of bodies) {
      expect(status).toBe(408);
      expect(ms).toBeLessThan(27_000);
    }
  });
});
