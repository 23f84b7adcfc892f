/** What `INFO` says of a server, as far as it matters here. */
export interface ServerFindings {
  /** Why this server must not be used, if so. */
  readonly refusal: string | undefined;
  /** What an operator should know, once. */
  readonly warnings: readonly string[];
}

const oldestMajor = 7;

const parseInfo = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info
      .split(/\r?\n/)
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );

const refusalOf = (fields: ReadonlyMap<string, string>): string | undefined => {
  const version = fields.get('redis_version') ?? '';
  if (Number.parseInt(version, 10) < oldestMajor)
    return `Redis ${version} is too old, ${oldestMajor}.0 or newer is needed`;
  if (fields.get('cluster_enabled') === '1' || fields.get('redis_mode') === 'cluster') {
    return 'this Redis is part of a Cluster, which is not supported: use a single server or Sentinel';
  }
  const policy = fields.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    return `maxmemory-policy is ${policy}, which throws replay claims and deny marks away: set it to noeviction`;
  }
  return undefined;
};

/**
 * Reads the answer of `INFO`. Refused: a version before 7.0 (scripts that are checked before they begin), Cluster, and a policy that
 * evicts keys, because an evicted claim is an assertion that counts twice.
 */
export const readServerInfo = (info: string): ServerFindings => {
  const fields = parseInfo(info);
  const warnings =
    fields.get('aof_enabled') === '0'
      ? ['no append-only file: after a crash, used attempts and claims since the last snapshot are forgotten']
      : [];
  return { refusal: refusalOf(fields), warnings };
};
