/** `npm run crash -- --seed 1 --commands 2000 --kills 20`: kill -9 under load, then count what was lost. */
import { parseArgs } from 'node:util';
import { crashRun } from './crash-run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    commands: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
  },
});
const tally = await crashRun({
  seed: Number(values.seed),
  commands: Number(values.commands),
  kills: Number(values.kills),
  say: console.log,
});
console.log(JSON.stringify(tally, undefined, 2));
if (tally.faults.length > 0) process.exitCode = 1;
