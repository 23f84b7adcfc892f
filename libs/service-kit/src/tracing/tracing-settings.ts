export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof samplers)[number];

export interface TracingSettings {
  /** Where spans are posted to. */
  readonly url: string;
  readonly serviceName: string;
  readonly sampler: SamplerName;
  /** Part of the traces that `…traceidratio` keeps, 0 to 1. */
  readonly ratio: number;
}

const isOneOf = <Name extends string>(names: readonly Name[], value: string): value is Name =>
  (names as readonly string[]).includes(value);

const given = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value;

/** OTLP exporter specification, "Endpoint URLs for OTLP/HTTP": the general one is a base, the one for traces is used as it is. */
const endpointOf = (env: NodeJS.ProcessEnv): string | undefined => {
  const own = given(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  const base = given(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  return own ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
};

/**
 * Reads the standard variables. Nothing here stops a start: what is wrong is told to `warn`, and the default is taken, or
 * traces stay off.
 * @returns undefined when traces are off
 */
export const tracingSettings = (
  env: NodeJS.ProcessEnv,
  serviceName: string,
  warn: (what: string) => void,
): TracingSettings | undefined => {
  const url = endpointOf(env);
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  if (url === undefined || isOff) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    warn('OTEL_EXPORTER_OTLP_ENDPOINT is not an http address, such as http://collector:4318');
    return undefined;
  }
  const protocol = given(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) ?? given(env.OTEL_EXPORTER_OTLP_PROTOCOL);
  if (protocol === 'grpc') {
    warn('OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken: name the collector’s HTTP address and http/json');
    return undefined;
  }
  let sampler: SamplerName = 'parentbased_always_on';
  const wanted = given(env.OTEL_TRACES_SAMPLER);
  if (wanted !== undefined && isOneOf(samplers, wanted)) sampler = wanted;
  else if (wanted !== undefined) warn(`OTEL_TRACES_SAMPLER is none of ${samplers.join(', ')}`);
  const ratio = Number(given(env.OTEL_TRACES_SAMPLER_ARG) ?? '1');
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) warn('OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1');
  return { url, serviceName: given(env.OTEL_SERVICE_NAME) ?? serviceName, sampler, ratio: isRatio ? ratio : 1 };
};
