/**
 * `node flood.ts <port> <count> <file>`: sends the bytes of a file on so many connections at once, from a process of its own,
 * so that what it costs to send them holds up nobody who measures. Prints `flooding`, then one line of JSON: `{ ms, statuses }`.
 */
import { readFileSync } from 'node:fs';
import { sendRaw } from '../support/raw-http.ts';

const [port, count, file] = process.argv.slice(2);
const bytes = readFileSync(file ?? '');
console.log('flooding');
const began = performance.now();
const answers = await Promise.all(
  Array.from({ length: Number(count) }, () => sendRaw(Number(port), bytes, { timeoutMs: 20_000 })),
);
console.log(JSON.stringify({ ms: performance.now() - began, statuses: answers.map(({ status }) => status ?? 0) }));
