/**
 * `npm run bench`: what a login and a session check cost, how fast the product starts and how much memory it holds.
 * `npm run bench -- --json` prints one line of JSON instead. Everything runs on this machine, against 127.0.0.1.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startStandalone } from '@gatehouse/test-servers';
import { measureLogins } from './logins.ts';
import { residentMib } from './process-figures.ts';
import { measureRawVerify } from './raw-verify.ts';
import { measureSessionChecks } from './session-checks.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    logins: { type: 'string', default: '1000' },
    width: { type: 'string', default: '8' },
  },
});
const say = (line: string) => {
  if (!values.json) console.log(line);
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

say(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`);
const rawVerifyMs = measureRawVerify();
say(`one raw RSA-2048 verification        ${rawVerifyMs.toFixed(4)} ms CPU`);

const coldStarts: number[] = [];
for (let i = 0; i < 3; i++) {
  const trial = await startStandalone();
  coldStarts.push(trial.coldStartMs);
  await trial.stop();
}
const coldStartMs = coldStarts.toSorted((a, b) => a - b)[1] ?? Number.NaN;
say(
  `cold start until ready               ${coldStartMs.toFixed(0)} ms (median of ${coldStarts.map((ms) => ms.toFixed(0)).join(', ')})`,
);

const product = await startStandalone();
try {
  await pause(5_000);
  const idleRssMib = residentMib(product.process.pid);
  say(`idle resident memory                 ${idleRssMib.toFixed(0)} MiB`);

  const logins = await measureLogins(product, Number(values.logins), Number(values.width));
  const rsaVerifies = logins.cpuMsPerLogin / rawVerifyMs;
  say(`whole login (${logins.logins}, ${values.width} at a time, ${logins.responseBytes} bytes)`);
  say(
    `  CPU                                ${logins.cpuMsPerLogin.toFixed(2)} ms = ${rsaVerifies.toFixed(0)} raw verifications`,
  );
  say(
    `  start, callback p50                ${logins.startMs.p50.toFixed(1)} ms, ${logins.callbackMs.p50.toFixed(1)} ms`,
  );
  say(
    `  start, callback p99                ${logins.startMs.p99.toFixed(1)} ms, ${logins.callbackMs.p99.toFixed(1)} ms`,
  );

  const checks = await measureSessionChecks(product, logins.sessionCookie, 9);
  const { ratio } = checks;
  say(
    `session checks                       ${checks.session.perSecond.toFixed(0)}/s, ${(checks.session.cpuMsPerRequest * 1000).toFixed(0)} µs CPU each`,
  );
  say(
    `bare Fastify route                   ${checks.bare.perSecond.toFixed(0)}/s, ${(checks.bare.cpuMsPerRequest * 1000).toFixed(0)} µs CPU each; ratio ${ratio.toFixed(2)}`,
  );
  if (values.json) {
    console.log(
      JSON.stringify({
        login_cpu_ms: logins.cpuMsPerLogin,
        login_rsa_verifies: rsaVerifies,
        login_callback_p50_ms: logins.callbackMs.p50,
        login_callback_p99_ms: logins.callbackMs.p99,
        session_check_ratio: ratio,
        cold_start_ms: coldStartMs,
        idle_rss_mb: idleRssMib,
      }),
    );
  }
} finally {
  await product.stop();
}
