import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, launchBrowser, mustSkipBrowserTests } from '../src/index.ts';

describe.skipIf(mustSkipBrowserTests())('launchBrowser', () => {
  const lines: string[] = [];
  let browser: Browser;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((request, response) => response.end(`<title>${request.headers.host}</title>`));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    browser = await launchBrowser({
      args: ['--host-resolver-rules=MAP app.example 127.0.0.1'],
      say: (line) => lines.push(line),
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('says in one line what it found', () => {
    expect(lines).toEqual([expect.stringMatching(/^Browser: Chromium \d+\.\S+ at \S+/)]);
  });

  it('drives a real page, under the names that its switches give', async () => {
    const page = await browser.newPage();
    await page.goto(`http://app.example:${port}/`);
    expect(await page.title()).toBe(`app.example:${port}`);
    await page.close();
  });
});
