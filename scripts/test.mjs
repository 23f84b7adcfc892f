/**
 * `npm test`: every check and every test of the repository, which adapter conforms to which port, and one line at the end
 * that counts them all, each check as one.
 * Arguments go to Vitest (`npm test -- --project saml`); the checks run in any case.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conformanceMatrix } from './conformance-matrix.mjs';
import { countTests, readReport } from './vitest-report.mjs';

const root = dirname(import.meta.dirname);
const checks = [
  // Without the cache: what is counted as passed has run.
  { name: 'types and lint of every workspace', command: ['nx', 'run-many', '-t', 'check', '--skip-nx-cache'] },
  { name: 'types of scripts and repository tests', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint and format of everything', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'import boundaries', command: ['depcruise', '--config', '.dependency-cruiser.mjs', '.'] },
];

/**
 * Runs one of the repository's own programs where the reader sees it; resolves with its exit code, 1 if a signal ended it.
 * @param {readonly string[]} command
 * @returns {Promise<number>}
 */
function run([program = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    });
    // Whoever ends this process ends what it is running; the exit code then says so.
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGTERM', stop);
      resolve(code ?? 1);
    });
  });
}

/** @param {string} text */
function heading(text) {
  process.stdout.write(`\n=== ${text}\n`);
}

/**
 * One Vitest run over all projects.
 * @param {readonly string[]} args
 */
async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  const report = join(folder, 'vitest.json');
  try {
    const code = await run([
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ]);
    const written = readReport(report);
    return { ...countTests(written, code), matrix: conformanceMatrix(written) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const failures = [];

for (const { name, command } of checks) {
  heading(name);
  if ((await run(command)) === 0) {
    total.passed += 1;
  } else {
    total.failed += 1;
    failures.push(name);
  }
}

heading('tests');
const tests = await runVitest(process.argv.slice(2));
total.passed += tests.passed;
total.failed += tests.failed;
total.skipped += tests.skipped;
if (tests.failed > 0) failures.push(`${tests.failed} of the tests`);
if (tests.matrix.length > 0) {
  heading('conformance of each adapter to its port');
  process.stdout.write(`${tests.matrix.join('\n')}\n`);
}

if (failures.length > 0) process.stdout.write(`\nFailed: ${failures.join('; ')}.\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
