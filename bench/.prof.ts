import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { measureLogins } from './logins.ts';
import { measureSessionChecks } from './session-checks.ts';
const dir = mkdtempSync('/tmp/ghprof-');
const mode = process.argv[2];
const child = spawn(process.execPath, ['--cpu-prof', '--cpu-prof-dir=' + dir, '--cpu-prof-interval=200', '/work/main/apps/standalone/src/main.ts', '--no-demo'], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env.PATH, GATEHOUSE_PORT: '3900', GATEHOUSE_INTERNAL_PORT: '3901', GATEHOUSE_BASE_URL: 'http://localhost:3900', GATEHOUSE_DATA_DIR: dir + '/d', GATEHOUSE_ADMIN_KEY: 'x'.repeat(40), GATEHOUSE_RATE_LIMIT: 'off', GATEHOUSE_LOG_LEVEL: 'info' } });
for (;;) { const a = await fetch('http://127.0.0.1:3900/readyz').catch(() => undefined); if (a?.status === 200) break; await new Promise(r => setTimeout(r, 50)); }
const product = { process: { pid: child.pid }, baseUrl: 'http://localhost:3900', port: 3900, async administer(method, path, body) { const a = await fetch('http://127.0.0.1:3900' + path, { method, headers: { authorization: 'Bearer ' + 'x'.repeat(40), ...(body ? { 'content-type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) }); const t = await a.text(); return { status: a.status, body: t ? JSON.parse(t) : undefined }; } } as never;
const l = await measureLogins(product, mode === 'session' ? 30 : 1000, 8);
if (mode === 'session') console.log(await measureSessionChecks(product, l.sessionCookie, 10)); else console.log(l);
child.kill('SIGTERM'); await once(child, 'exit');
const f = readdirSync(dir).filter(x => x.endsWith('.cpuprofile'))[0];
const p = JSON.parse(readFileSync(dir + '/' + f, 'utf8'));
const self = new Map(); const by = new Map(p.nodes.map(n => [n.id, n])); const dt = p.timeDeltas; p.samples.forEach((s, i) => self.set(s, (self.get(s) ?? 0) + dt[i]));
const agg = new Map(); let total = 0;
for (const n of p.nodes) { const t = self.get(n.id) ?? 0; total += t; const c = n.callFrame; const k = c.functionName + ' ' + c.url.replace(/.*\/(node_modules|work\/main)\//, '') + ':' + c.lineNumber; agg.set(k, (agg.get(k) ?? 0) + t); }
const idle = agg.get('(idle) :-1') ?? 0;
for (const [k, t] of [...agg].sort((a, b) => b[1] - a[1]).slice(0, 45)) console.log((t / 1000).toFixed(0).padStart(7) + 'ms', (100 * t / (total - idle)).toFixed(1) + '%', k);
