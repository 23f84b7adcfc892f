/** Counts what a Vitest run came to, from its JSON report and its exit code. */
import { readFileSync } from 'node:fs';

/**
 * The part of the report that is looked at.
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {readonly { status: string, assertionResults: readonly { status: string }[] }[]} testResults
 */

/**
 * The report that Vitest wrote to `path`; undefined when it wrote none, or was stopped while writing.
 * @param {string} path
 * @returns {(VitestReport & import('./conformance-matrix.mjs').TestReport) | undefined}
 */
export function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * How many tests passed, failed and were skipped. Whatever went wrong outside a test counts as a failure: never zero
 * failures for a run that failed, that ran nothing, or of which nothing is known.
 * @param {VitestReport | undefined} report
 * @param {number} exitCode
 */
export function countTests(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded fails without a single failed test in it.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  const isSilentFailure = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: isSilentFailure ? 1 : failed, skipped };
}
