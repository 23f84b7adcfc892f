/**
 * `node bench/refusals.ts`: CPU time of refusing hostile documents at the body limit. Each is looked at by the gate alone, in
 * this process, and posted to the product, in another one, with a live attempt and the browser's cookie: nothing but the
 * document is wrong.
 */
import { hostileDocuments, makeResponse, makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import { createServiceProvider, SamlRefusal } from '@gatehouse/saml';
import { type RunningStandalone, type StartedLogin, startLogin, startStandalone } from '@gatehouse/test-servers';
import { cpuMs, quantile } from './process-figures.ts';

const rounds = 60;
const series = 3;
/** In one series. The system counts CPU time of other processes in ticks of 10 ms. */
const requests = 100;

const median = (times: readonly number[]): number =>
  quantile(
    times.toSorted((a, b) => a - b),
    0.5,
  );

const serviceProvider = createServiceProvider({
  entityId: 'https://sp.example/metadata',
  acsUrl: 'https://sp.example/acs',
  clock: { now: Date.now },
});

const measureGate = (document: string): number => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    try {
      serviceProvider.admit(document);
      throw new Error('it was admitted');
    } catch (error) {
      if (!(error instanceof SamlRefusal)) throw error;
    }
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
  }
  return median(times);
};

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

/** Of one request; the median of some series, because other processes disturb. */
const measureRequest = async (product: RunningStandalone, login: StartedLogin, form: string): Promise<number> => {
  const post = async (): Promise<void> => {
    const headers = { ...formType, cookie: login.cookie };
    const address = `http://127.0.0.1:${product.port}/api/sso/login/callback`;
    const answer = await fetch(address, { method: 'POST', redirect: 'manual', headers, body: form });
    await answer.arrayBuffer();
    if (answer.status < 400 || answer.status >= 500) throw new Error(`answered with ${answer.status}`);
  };
  for (let warm = 0; warm < 10; warm++) await post();
  const times: number[] = [];
  for (let number = 0; number < series; number++) {
    const before = cpuMs(product.process.pid);
    for (let sent = 0; sent < requests; sent++) await post();
    times.push((cpuMs(product.process.pid) - before) / requests);
  }
  return median(times);
};

const row = (name: string, gate: string, request: string): string =>
  `| ${name.padEnd(36)} | ${gate.padStart(4)} | ${request.padStart(7)} |`;

const product = await startStandalone();
try {
  const origin = `http://127.0.0.1:${product.port}`;
  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const issuerUrl = 'http://127.0.0.1:4999/saml/metadata';
  const saml = {
    issuerUrl,
    endpoint: 'http://127.0.0.1:4999/saml/sso',
    nameIdFormat: 'emailAddress',
    certificates: [certificate],
  };
  await product.administer('POST', '/api/connectors', { name: 'Bench', reference: 'bench', type: 'SAML_V2', saml });
  const login = await startLogin(origin, 'bench');
  // For comparison: a small response that the gate lets through, of a user who does not exist.
  const small = makeResponse({
    key,
    certificate,
    issuer: issuerUrl,
    acsUrl: `${product.baseUrl}/api/sso/login/callback`,
    audience: `${product.baseUrl}/api/saml/metadata`,
    nameId: 'nobody@bench.example',
    inResponseTo: login.requestId,
  });
  // Within all limits, and ill-formed only where it ends: what reading costs at most, as a genuine response of this size pays.
  const elements = `<x a="${'y'.repeat(150)}">z</x>`.repeat(990);
  const endless = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${elements}`;
  const documents = Object.entries({
    ...hostileDocuments(),
    'the largest that is read to its end': Buffer.from(endless).toString('base64'),
  });
  const formOf = (document: string): string =>
    new URLSearchParams({ SAMLResponse: document, RelayState: login.relayState }).toString();
  // Warm: the first documents would otherwise pay for the compiler.
  for (const [, document] of documents) measureGate(document);
  await measureRequest(product, login, formOf(small));

  console.log(row('document', 'gate', 'request'));
  console.log(`|${'-'.repeat(38)}|-----:|--------:|`);
  for (const [name, document] of documents) {
    const request = await measureRequest(product, login, formOf(document));
    console.log(row(name, measureGate(document).toFixed(2), request.toFixed(1)));
  }
  const others: Readonly<Record<string, string>> = {
    'no response at all': 'x=y',
    '256 kB of another field': `x=${'A'.repeat(262_144)}`,
    'a small response of nobody': formOf(small),
  };
  for (const [name, form] of Object.entries(others))
    console.log(row(name, '–', (await measureRequest(product, login, form)).toFixed(1)));
} finally {
  await product.stop();
}
