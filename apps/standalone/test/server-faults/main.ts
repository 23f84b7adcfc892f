/** `npm run faults -- --seed 1 [--only kill-and-pause] [--small]`: takes servers and services away under load, and counts. */
import { parseArgs } from 'node:util';
import { type FaultScriptName, faultScripts } from './scripts.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    small: { type: 'boolean', default: false },
  },
});
const names = Object.keys(faultScripts) as FaultScriptName[];
const chosen = names.filter((name) => values.only === undefined || values.only === name);
if (chosen.length === 0) throw new Error(`--only takes one of ${names.join(', ')}`);

for (const name of chosen) {
  const began = performance.now();
  const { counts, faults } = await faultScripts[name]({
    seed: Number(values.seed),
    size: values.small ? 'small' : 'full',
    say: (line) => console.log(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s: ${line}`),
  });
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(JSON.stringify({ script: name, seed: Number(values.seed), seconds, counts, faults }, undefined, 2));
  if (faults.length > 0) process.exitCode = 1;
}
