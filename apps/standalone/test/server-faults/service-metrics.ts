import type { RunningService } from '@gatehouse/test-servers';

/** The sum of a metric of a service over all labels that have these values; 0 when there is none. */
export const metricOf = async (
  { service, port, internalPort }: RunningService,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const address = `http://127.0.0.1:${service === 'auth-gateway' ? internalPort : port}/metrics`;
  const text = await (await fetch(address, { signal: AbortSignal.timeout(10_000) })).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => /^[a-z_]+/.exec(line)?.[0] === name && wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
};
