import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Types are stripped and modules compiled once, not at every start.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/gatehouse', import.meta.url)));
const { runStandalone } = await import('./run.ts');
await runStandalone(process.argv.slice(2), process.env);
