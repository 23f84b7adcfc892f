import { ServerError, type ServerErrorCode } from './server.ts';

/** The setting by which a test run tells its workers where its servers are asked for. */
const runAddressSetting = 'GATEHOUSE_TEST_RUN';
let isLeader = false;

/** Makes this process the one that leads the test run: what it starts from now on is told `address`. */
export function leadRun(address: string): void {
  isLeader = true;
  process.env[runAddressSetting] = address;
}

/** A first start may download what it needs, in milliseconds. */
const patienceMs = 290_000;

/**
 * Asks the process that leads the test run.
 * @returns undefined in that process itself, and when no test run is led: in a script, a benchmark
 * @throws ServerError as the leader had it
 */
export function askRun<Answer>(path: string): Promise<Answer> | undefined {
  const address = process.env[runAddressSetting];
  if (isLeader || address === undefined || address === '') return undefined;
  return ask<Answer>(`${address}${path}`);
}

async function ask<Answer>(url: string): Promise<Answer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  const body = (await answer.json()) as Answer | { readonly code: ServerErrorCode; readonly message: string };
  if (answer.ok) return body as Answer;
  const { code, message } = body as { readonly code: ServerErrorCode; readonly message: string };
  throw new ServerError(code, message);
}
