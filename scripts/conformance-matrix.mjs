/**
 * Which adapter of which port passes its conformance suite, read from Vitest's report: one row for each port, one column for
 * each adapter. A test belongs to it when it stands in `describe('conformance: <port> × <adapter>', …)`.
 */

/**
 * The part of the report that is looked at.
 * @typedef {object} TestReport
 * @property {readonly { assertionResults: readonly { status: string, ancestorTitles: readonly string[] }[] }[]} testResults
 */

/**
 * What came of the tests of one adapter.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

const title = /^conformance: (.+) × (.+)$/;

/**
 * The counts of each adapter (second key) of each port (first key), both in the order of the alphabet.
 * @param {TestReport} report
 * @returns {Map<string, Map<string, Counts>>}
 */
export function countConformance({ testResults }) {
  /** @type {Map<string, Map<string, Counts>>} */
  const ports = new Map();
  for (const { status, ancestorTitles } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const [, port, adapter] = ancestorTitles.map((words) => title.exec(words)).find((match) => match !== null) ?? [];
    if (port === undefined || adapter === undefined) continue;
    const adapters = ports.get(port) ?? new Map();
    const counts = adapters.get(adapter) ?? { passed: 0, failed: 0, skipped: 0 };
    counts[status === 'passed' || status === 'failed' ? status : 'skipped'] += 1;
    ports.set(port, adapters.set(adapter, counts));
  }
  return new Map(
    [...ports].toSorted(byName).map(([port, adapters]) => [port, new Map([...adapters].toSorted(byName))]),
  );
}

/**
 * The matrix as lines of text; none when no conformance suite was run.
 * @param {TestReport | undefined} report
 * @returns {string[]}
 */
export function conformanceMatrix(report) {
  const ports = countConformance(report ?? { testResults: [] });
  if (ports.size === 0) return [];
  const adapters = [...new Set([...ports.values()].flatMap((row) => [...row.keys()]))].toSorted();
  const rows = [
    ['port', ...adapters],
    ...[...ports].map(([port, row]) => [port, ...adapters.map((adapter) => cell(row.get(adapter)))]),
  ];
  const widths = ['port', ...adapters].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((words, column) => words.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** @param {Counts | undefined} counts */
function cell(counts) {
  if (counts === undefined) return '–';
  const named = /** @type {const} */ (['passed', 'failed', 'skipped']).filter((status) => counts[status] > 0);
  return named.map((status) => `${counts[status]} ${status}`).join(', ');
}

/**
 * @param {readonly [string, unknown]} one
 * @param {readonly [string, unknown]} other
 */
function byName([one], [other]) {
  return one < other ? -1 : 1;
}
