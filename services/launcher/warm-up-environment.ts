/** A port on which nobody listens (IANA: discard), so that what is sent there fails at once. */
const NOBODY = '127.0.0.1:9';

/**
 * What a service is told while it warms up: spans are recorded as in production and none is kept, so that nothing is
 * sent; no account of the build is used.
 */
export const WARM_UP_ENVIRONMENT = {
  PORT: '0',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://${NOBODY}`,
  OTEL_TRACES_SAMPLER_ARG: '0',
  TRACED_KEEP_ERRORS: 'true',
  GCE_METADATA_HOST: NOBODY,
  GOOGLE_CLOUD_PROJECT: 'warm-up',
};

/** Values for the variables per callee and bucket, which only the deploy knows (`services/telemetry/settings.ts`). */
const STAND_INS: readonly (readonly [RegExp, string])[] = [
  [/_URL$/, `http://${NOBODY}`],
  [/_DEADLINE_MS$/, '1000'],
  [/_BUCKET$/, 'warm-up'],
  [/_BUCKET_LOCATION$/, 'EU'],
];

/** The environment, with stand-ins for what is asked for and not set. */
export function standIn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return new Proxy(env, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (value !== undefined || typeof name === 'symbol') return value;
      return STAND_INS.find(([pattern]) => pattern.test(name))?.[1];
    },
  });
}
