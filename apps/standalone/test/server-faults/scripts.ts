import type { FaultScript } from './fault-script.ts';
import { killAndPause } from './kill-and-pause.ts';
import { lateRelay } from './late-relay.ts';
import { oddRecords } from './odd-records.ts';
import { rollingRestart } from './rolling-restart.ts';
import { staleViews } from './stale-views.ts';

/** Every fault script of the distributed product by its name. */
export const faultScripts = {
  'kill-and-pause': killAndPause,
  'rolling-restart': rollingRestart,
  'late-relay': lateRelay,
  'stale-views': staleViews,
  'odd-records': oddRecords,
} as const satisfies Readonly<Record<string, FaultScript>>;

export type FaultScriptName = keyof typeof faultScripts;
