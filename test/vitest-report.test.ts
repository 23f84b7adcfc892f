import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countTests, readReport } from '../scripts/vitest-report.mjs';

const report = {
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
};

describe('countTests', () => {
  it('takes over the counts of a run that went well', () => {
    expect(countTests({ ...report, numPendingTests: 2, numTodoTests: 1 }, 0)).toEqual({
      passed: 7,
      failed: 0,
      skipped: 3,
    });
  });

  it('counts failed tests', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }];
    expect(countTests({ ...report, numFailedTests: 1, testResults }, 1).failed).toBe(1);
  });

  it('counts a file that could not be loaded, beside tests that failed elsewhere', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
    ];
    expect(countTests({ ...report, numFailedTests: 1, testResults }, 1).failed).toBe(2);
  });

  it.each([
    ['the run failed outside any test', countTests(report, 1)],
    ['nothing was run', countTests({ ...report, numPassedTests: 0, testResults: [] }, 0)],
    ['there is no report', countTests(undefined, 0)],
  ])('never reports success when %s', (_what, counted) => {
    expect(counted.failed).toBe(1);
  });
});

describe('readReport', () => {
  it('takes a torn report for none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
    writeFileSync(join(folder, 'torn.json'), JSON.stringify(report).slice(0, -5));
    writeFileSync(join(folder, 'whole.json'), JSON.stringify(report));
    expect(readReport(join(folder, 'torn.json'))).toBeUndefined();
    expect(readReport(join(folder, 'missing.json'))).toBeUndefined();
    expect(readReport(join(folder, 'whole.json'))).toEqual(report);
    rmSync(folder, { recursive: true });
  });
});
