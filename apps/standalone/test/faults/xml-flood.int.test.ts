import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FlawName,
  flawNames,
  flaws,
  makeResponseXml,
  makeSelfSignedCertificate,
  makeSigningKey,
} from '@gatehouse/practice-idp';
import { postAnswer, type RunningStandalone, startLogin, startProcess, startStandalone } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigner, originOf, type Signer } from '../support/signer.ts';

/** Octets that the callback takes: base64 of three quarters of them, in a form. */
const bodyLimit = 262_144;
const largestXml = Math.floor((bodyLimit - 2_000) / 4) * 3;
const floodSize = 100;
/** What a good login may take longer while 100 of these come in, in milliseconds. */
const tolerable = 100;

const documentFlaws = flawNames.filter((name) => flaws[name].kind === 'document');

let product: RunningStandalone;
let signer: Signer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-flood-'));
  product = await startStandalone();
  signer = await createSigner(product, 'calm');
  for (let warm = 0; warm < 20; warm++) await signer.signIn(product);
});
afterAll(async () => {
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
});

const key = makeSigningKey();
const certificate = makeSelfSignedCertificate({ key });

/** A spoilt document, filled up or cut to what just fits in a body. */
const attackOf = (flaw: FlawName): string => {
  const xml = makeResponseXml({
    key,
    certificate,
    issuer: 'http://127.0.0.1:4999/saml/metadata',
    acsUrl: `${product.baseUrl}/api/sso/login/callback`,
    audience: `${product.baseUrl}/api/saml/metadata`,
    nameId: signer.username,
    inResponseTo: '_x',
    flaw,
  });
  const fitting = xml.length > largestXml ? xml.slice(0, largestXml) : xml + ' '.repeat(largestXml - xml.length);
  return Buffer.from(fitting).toString('base64');
};

const wideDocument = (): string => {
  const siblings = '<x/>'.repeat(Math.floor((largestXml - 200) / 4));
  return Buffer.from(
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${siblings}</samlp:Response>`,
  ).toString('base64');
};

interface Flood {
  /** From the first byte sent to the last answer, in milliseconds. */
  readonly ms: number;
  readonly statuses: readonly number[];
}

/** Posts a document so many times at once, out of another process; settles when that is about to begin. */
const startFlood = async (document: string): Promise<{ readonly end: Promise<Flood> }> => {
  const { cookie, relayState } = await startLogin(originOf(product), 'calm');
  const form = new URLSearchParams({ SAMLResponse: document, RelayState: relayState }).toString();
  const head = [
    'POST /api/sso/login/callback HTTP/1.1',
    'Host: x',
    `Cookie: ${cookie}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
    'Connection: close',
  ];
  const file = join(folder, 'request');
  await writeFile(file, `${head.join('\r\n')}\r\n\r\n${form}`);
  const entry = join(import.meta.dirname, 'flood.ts');
  const flood = await startProcess({
    entry,
    args: [String(product.port), String(floodSize), file],
    ready: { line: /^flooding$/ },
  });
  return { end: flood.exited.then(() => JSON.parse(flood.output().split('\n')[1] ?? '')) };
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const quantile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;

/** Milliseconds of so many good logins, one after the other. */
const loginTimes = async (count: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let number = 0; number < count; number++) times.push(await timed(() => signer.signIn(product)));
  return times;
};

const attacks = (): readonly (readonly [string, string])[] => [
  ...documentFlaws.map((flaw) => [flaw, attackOf(flaw)] as const),
  ['wide at the limit', wideDocument()],
];

describe('documents that are expensive to read', () => {
  it('are refused each by a 4xx, for a live attempt of the browser’s own', async () => {
    for (const [name, document] of attacks()) {
      const started = await startLogin(originOf(product), 'calm');
      const { status, session } = await postAnswer(originOf(product), started, document);
      expect(`${name}: ${status}`).toMatch(/: 4\d\d$/);
      expect(session, name).toBeUndefined();
      const good = await postAnswer(originOf(product), started, signer.respond(product, started));
      expect(good.session, `the attempt after ${name}`).toBeDefined();
    }
  });

  it(`a hundred at once hold a good login up by at most ${tolerable} ms`, { timeout: 120_000 }, async () => {
    const alone = await loginTimes(40);
    const figures: string[] = [];
    const during: number[] = [];
    for (const [name, document] of attacks()) {
      const { end: flood } = await startFlood(document);
      let isOver = false;
      void flood.finally(() => {
        isOver = true;
      });
      const times: number[] = [];
      do times.push(...(await loginTimes(1)));
      while (!isOver);
      const { ms, statuses } = await flood;
      expect([name, [...new Set(statuses)]]).toEqual([name, [403]]);
      during.push(...times);
      figures.push(`${name} ${Math.max(...times).toFixed(0)} of ${ms.toFixed(0)}`);
    }
    const median = { alone: quantile(alone, 0.5), during: quantile(during, 0.5) };
    const p95 = { alone: quantile(alone, 0.95), during: quantile(during, 0.95) };
    process.stderr.write(
      `Good logins alone: median ${median.alone.toFixed(1)} ms, p95 ${p95.alone.toFixed(1)} ms; ` +
        `during floods of ${floodSize}: median ${median.during.toFixed(1)} ms, p95 ${p95.during.toFixed(1)} ms ` +
        `(${during.length} logins; slowest login of the flood's time, in ms: ${figures.join(', ')})\n`,
    );
    expect(median.during - median.alone).toBeLessThan(tolerable);
    expect(p95.during - p95.alone).toBeLessThan(2 * tolerable);
  });
});
