/**
 * `npm audit` over what production installs. Exit code 0: the registry knows no vulnerability; 1: it knows some, or could
 * not be asked; 3: this registry answers no audits, so nothing is known.
 */
import { spawnSync } from 'node:child_process';

const notOffered = [404, 405, 410, 501];

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
if (error) throw error;

const { exitCode, line } = judge(parse(stdout));
process.stdout.write(`audit: ${line}\n`);
process.exitCode = exitCode;

/**
 * @typedef {object} Answer
 * @property {number} [auditReportVersion]
 * @property {{ vulnerabilities: Record<string, number> }} [metadata]
 * @property {Record<string, { severity: string, range: string }>} [vulnerabilities]
 * @property {number} [statusCode]
 * @property {string} [message]
 * @param {string} text
 * @returns {Answer}
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @param {Answer} answer */
function judge({ auditReportVersion, metadata, vulnerabilities = {}, statusCode, message }) {
  if (auditReportVersion === undefined) {
    if (statusCode !== undefined && notOffered.includes(statusCode)) {
      return { exitCode: 3, line: `not checked: this registry answers no audits (${statusCode}).` };
    }
    return { exitCode: 1, line: `could not be done: ${message ?? 'npm gave no answer'}.` };
  }
  const found = metadata?.vulnerabilities.total ?? Object.keys(vulnerabilities).length;
  if (found === 0) return { exitCode: 0, line: 'no known vulnerability in what production installs.' };
  const named = Object.entries(vulnerabilities).map(([name, { severity, range }]) => `${name} ${range} (${severity})`);
  return { exitCode: 1, line: `${found} known vulnerabilities: ${named.join(', ')}.` };
}
