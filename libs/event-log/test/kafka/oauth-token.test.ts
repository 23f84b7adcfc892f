import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientCredentialsToken, fileToken } from '../../src/kafka/oauth-token.ts';

describe('tokens by client credentials', () => {
  let asked: { readonly authorization: string | undefined; readonly form: URLSearchParams }[] = [];
  let answer = { status: 200, body: {} as unknown };
  let now = 1_000_000;
  const server = createServer(async (request: IncomingMessage, response) => {
    const form = new URLSearchParams(await text(request));
    asked.push({ authorization: request.headers.authorization, form });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  beforeEach(async () => {
    asked = [];
    now = 1_000_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const provider = () =>
    clientCredentialsToken({
      tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      clientId: 'gate:house',
      clientSecret: 's&cret',
      scope: 'kafka',
      clock: { now: () => now },
    });

  it('are asked for with the secret in the header, and kept until a minute before their end', async () => {
    const token = provider();
    answer = { status: 200, body: { access_token: 'one', expires_in: 300 } };
    expect(await token()).toBe('one');
    const [first] = asked;
    expect(first?.authorization).toBe(`Basic ${Buffer.from('gate%3Ahouse:s%26cret').toString('base64')}`);
    expect(Object.fromEntries(first?.form ?? [])).toEqual({ grant_type: 'client_credentials', scope: 'kafka' });
    answer = { status: 200, body: { access_token: 'two', expires_in: 300 } };
    now += 239_000;
    expect(await token()).toBe('one');
    now += 2_000;
    expect(await token()).toBe('two');
    expect(asked).toHaveLength(2);
  });

  it('are refused without the secret or the answer in the text', async () => {
    answer = { status: 401, body: { error: 'invalid_client s&cret' } };
    const refused = await provider()().catch((error: unknown) => String(error));
    expect(refused).toMatch(/^Error: token endpoint 127\.0\.0\.1:\d+ answered 401$/);
    answer = { status: 200, body: { token_type: 'Bearer' } };
    await expect(provider()()).rejects.toThrow('gave no access_token');
  });
});

describe('a token in a file', () => {
  it('is read anew each time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-token-'));
    const path = join(folder, 'token');
    const token = fileToken(path);
    for (const content of ['first', 'second']) {
      writeFileSync(path, `${content}\n`);
      expect(await token()).toBe(content);
    }
    writeFileSync(path, ' ');
    await expect(token()).rejects.toThrow('is empty');
    rmSync(folder, { recursive: true });
  });
});
