import type { Collectors } from './collectors';
import type { Apps } from './apps';
import type { Peers } from './peers';

export const VARIANT_NAMES = [
  'untraced-unbundled',
  'untraced',
  'untraced-silent',
  'traced-0',
  'traced-10',
  'traced-100',
  'traced-otlp',
  'auto-instrumentations',
  'dd-trace',
] as const;

export type VariantName = (typeof VARIANT_NAMES)[number];

/** Those that need packages which are not this project's. */
export const PEER_NAMES: readonly VariantName[] = ['auto-instrumentations', 'dd-trace'];

/** One way to run the same application. */
export interface Variant {
  readonly name: VariantName;
  /** What it is, and what it writes to its log, which is thrown away. */
  readonly what: string;
  readonly program: string;
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const TWO_LINES = "Fastify's two log lines per request";

/** @param peers where they are installed; undefined when none of them is asked for. */
export function variantsOf(apps: Apps, { google, http }: Collectors, peers: Peers | undefined): Variant[] {
  const untraced = { program: apps.untraced, nodeOptions: [], env: {} };
  const traced = (
    name: VariantName,
    percent: number,
    what: string,
    env: Record<string, string>,
  ): Variant => ({
    name,
    what: `this project, ${what}, ${percent} % of traces and every failed one, bundled, code cache; 1 access line`,
    program: apps.traced,
    nodeOptions: [],
    env: { ...env, OTEL_SERVICE_NAME: 'bench', OTEL_TRACES_SAMPLER_ARG: String(percent / 100) },
  });
  const cloudTrace = { ...google, GOOGLE_CLOUD_PROJECT: 'bench' };
  const otlp = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: http };
  const variants: Variant[] = [
    {
      ...untraced,
      name: 'untraced-unbundled',
      what: `no tracing, from node_modules; ${TWO_LINES}`,
      program: apps.unbundled,
    },
    { ...untraced, name: 'untraced', what: `no tracing, bundled, code cache; ${TWO_LINES}` },
    {
      ...untraced,
      name: 'untraced-silent',
      what: 'no tracing, bundled, code cache; no log',
      env: { SILENT: '1' },
    },
    traced('traced-0', 0, 'Cloud Trace', cloudTrace),
    traced('traced-10', 10, 'Cloud Trace', cloudTrace),
    traced('traced-100', 100, 'Cloud Trace', cloudTrace),
    traced('traced-otlp', 10, 'OTLP', otlp),
  ];
  if (!peers) return variants;
  return [
    ...variants,
    {
      name: 'auto-instrumentations',
      what: `@opentelemetry/auto-instrumentations-node ${peers.autoInstrumentations.version}, OTLP, 10 %; ${TWO_LINES}`,
      program: apps.unbundled,
      nodeOptions: ['--require', peers.autoInstrumentations.register],
      env: {
        ...otlp,
        OTEL_SERVICE_NAME: 'bench',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      },
    },
    {
      name: 'dd-trace',
      what: `dd-trace ${peers.ddTrace.version}, its agent's protocol, 10 %; ${TWO_LINES}`,
      program: apps.unbundled,
      nodeOptions: ['--require', peers.ddTrace.register],
      env: {
        DD_SERVICE: 'bench',
        DD_TRACE_AGENT_URL: http,
        DD_TRACE_SAMPLE_RATE: '0.1',
        DD_TRACE_STARTUP_LOGS: 'false',
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      },
    },
  ];
}
