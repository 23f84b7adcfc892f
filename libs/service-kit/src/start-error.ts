/** The start cannot go on for a reason that the operator can mend; the message is one line per fault. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'start_refused';
}

/** What to tell the operator: lines that say what to do; undefined for a defect of ours, which is shown whole. */
export const explainStart = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code === 'settings_invalid' || error.code === 'start_refused') return error.message;
  if (error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${String(error.port)} is in use: stop what uses it, or set GATEHOUSE_PORT, GATEHOUSE_INTERNAL_PORT`;
  }
  if (error.code === 'EACCES' && 'port' in error) {
    return `Port ${String(error.port)} needs more rights: set GATEHOUSE_PORT, GATEHOUSE_INTERNAL_PORT to ports above 1023`;
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return 'GATEHOUSE_HOST is not an address of this machine, for example 127.0.0.1';
  }
  const named = ['SqliteError', 'KeyringError', 'EventLogError', 'AggregateStoreError', 'LoginStateError'];
  return named.includes(error.name) ? error.message : undefined;
};
