import { KeyStoreError } from './keys/key-store.ts';
import { readSettings, SettingsError } from './settings.ts';
import { type RunningPracticeIdp, startPracticeIdp } from './start.ts';

/** What to tell somebody whose start failed: lines that say what to do, or `undefined` for a defect of ours. */
function explain(error: unknown): string | undefined {
  if (error instanceof SettingsError || error instanceof KeyStoreError) return error.message;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const place = 'port' in error ? `port ${error.port}` : 'the address';
  if (error.code === 'EADDRINUSE') return `practice-idp: ${place} is in use; set PRACTICE_IDP_PORT to another one`;
  if (error.code === 'EACCES') return `practice-idp: ${place} needs more rights; set PRACTICE_IDP_PORT to another one`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return 'practice-idp: PRACTICE_IDP_HOST is not an address of this machine, such as 127.0.0.1';
  }
  return undefined;
}

function stopWhenTold(running: RunningPracticeIdp): void {
  const stop = () => {
    running.close().then(
      () => {
        if (process.connected) process.disconnect();
      },
      (error: unknown) => {
        console.error(error);
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Whoever started it as a child is gone, however that came about: else the port would stay taken.
  process.once('disconnect', stop);
}

try {
  const running = await startPracticeIdp(readSettings(process.env), { logger: { level: 'warn' } });
  stopWhenTold(running);
  console.log(`practice-idp listening on ${running.url}`);
  const { entityId, ssoUrl } = running.addresses;
  process.send?.({
    type: 'ready',
    url: running.url,
    issuerUrl: entityId,
    endpoint: ssoUrl,
    certificate: running.certificate,
  });
} catch (error) {
  console.error(explain(error) ?? error);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
