import type { Ids } from '@gatehouse/contracts';
import type { Logger } from './logger.ts';
import type { Tracing } from './tracing/tracing.ts';
import { tracingSettings } from './tracing/tracing-settings.ts';

export type { Tracing } from './tracing/tracing.ts';

export interface TracingOptions {
  /** The standard variables: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER` … */
  readonly env: NodeJS.ProcessEnv;
  /** Unless `OTEL_SERVICE_NAME` says another. */
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly ids: Ids;
  readonly logger: Logger;
}

/**
 * Traces as the standard variables ask for them; undefined, with nothing loaded, when no endpoint is named. The exporter
 * reads `OTEL_EXPORTER_OTLP_HEADERS`, `…_TIMEOUT` and `…_COMPRESSION` itself.
 */
export const startTracing = async (options: TracingOptions): Promise<Tracing | undefined> => {
  const { env, serviceName, serviceVersion, ids, logger } = options;
  const settings = tracingSettings(env, serviceName, (what) => logger.warn({ what }, 'trace setting is wrong'));
  if (settings === undefined) return undefined;
  const { openTelemetry } = await import('./tracing/open-telemetry.ts');
  return openTelemetry({ settings, serviceVersion, ids, logger });
};
