import { hostname } from 'node:os';
import { type Clock, createIds, type Ids, systemClock } from '@gatehouse/contracts';
import { type Closing, createClosing } from './closing.ts';
import { createLogger, type Logger, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { settingsTable } from './settings.ts';
import { type Environment, loadSettings, type SettingsOf, type SettingsTable } from './settings-reader.ts';
import { stopOnSignals } from './signals.ts';
import { explainStart } from './start-error.ts';
import { startTracing, type Tracing } from './tracing.ts';

/** What a process is made of before its adapters are chosen. */
export interface ServiceProcess<Settings> {
  readonly settings: Settings;
  /** Names this copy of the service. */
  readonly instance: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Metrics;
  /** undefined when traces are off. */
  readonly tracing: Tracing | undefined;
  /** Whatever `open` opens is added here at once, so that it is closed also when the start fails half way. */
  readonly closing: Closing;
}

interface ProcessSettings {
  readonly logLevel: LogLevel;
  readonly instance: string | undefined;
}

export interface RunServiceOptions<Table extends SettingsTable> {
  readonly name: string;
  readonly version: string;
  readonly table: Table;
  /** Wires the service and starts it. */
  open(process: ServiceProcess<SettingsOf<Table>>): Promise<void>;
  readonly env?: Environment;
}

/**
 * Runs a service of its own until it is told to stop. A start that cannot be is one line per fault on standard error, and exit
 * code 1; servers that are away are no such fault.
 */
export const runService = async <Table extends SettingsTable>({
  name,
  version,
  table,
  open,
  env = process.env,
}: RunServiceOptions<Table> & (SettingsOf<Table> extends ProcessSettings ? unknown : never)): Promise<void> => {
  // What a service writes to its folder is its own alone.
  process.umask(0o077);
  try {
    const settings = loadSettings(table, env, settingsTable);
    const { logLevel, instance = hostname() } = settings as ProcessSettings;
    const logger = createLogger({ level: logLevel });
    const closing = createClosing(logger);
    stopOnSignals({ stop: closing.run, logger });
    const clock = systemClock;
    const ids = createIds(clock);
    const metrics = createMetrics({ process: true });
    try {
      const tracing = await startTracing({ env, serviceName: name, serviceVersion: version, ids, logger });
      if (tracing !== undefined) closing.add('traces', () => tracing.close());
      await open({ settings, instance, logger, clock, ids, metrics, tracing, closing });
    } catch (error) {
      await closing.run();
      throw error;
    }
  } catch (error) {
    const words = explainStart(error);
    if (words === undefined) console.error(error);
    else process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
};
