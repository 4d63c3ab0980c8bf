/**
 * The one contract between infrastructure and code: every environment variable a construct writes for a service,
 * with its rendering and its parsing. It imports nothing of OpenTelemetry, so that constructs can use it without the SDK.
 */

import {
  parseResourceAttributes,
  renderResourceAttributes,
  RESOURCE_ATTRIBUTES,
} from './resource-attributes';
import type { SettingProblem } from './setting-problem';

/** Where finished spans go. `gcp_trace` is Google's exporter to Cloud Trace; the others are OpenTelemetry's words. */
export type TracesExporter = 'gcp_trace' | 'otlp' | 'console' | 'none';

const EXPORTERS: readonly TracesExporter[] = ['gcp_trace', 'otlp', 'console', 'none'];

/**
 * When finished spans are sent: `background`, in batches by a timer, or `request`, before the last response of an instance
 * is complete, for instances that have CPU only while they serve.
 */
type FlushMode = 'background' | 'request';

const FLUSH_MODES: readonly FlushMode[] = ['background', 'request'];

/** What a service is told about its own telemetry. */
export interface TelemetrySettings {
  /** `service.name` of every span and log line. */
  readonly serviceName: string;
  /** Google Cloud project that stores traces and logs; without it log lines are not linked to traces. */
  readonly projectId?: string | undefined;
  /** Region the service runs in, for `cloud.region`. */
  readonly region?: string | undefined;
  /** `deployment.environment.name`, such as `production`. */
  readonly environment?: string | undefined;
  /** All of `OTEL_RESOURCE_ATTRIBUTES`, those above included. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly exporter: TracesExporter;
  /** Share of traces kept, 0 to 1, decided where the trace enters the system. */
  readonly samplingRatio: number;
  /** Whether traces that failed, were abandoned or ran past their deadline are kept besides. */
  readonly keepErrors: boolean;
  /** Requests that take longer than this many milliseconds are kept besides; undefined: slowness does not count. */
  readonly keepSlowerThanMs?: number | undefined;
  /**
   * Whether Cloud Run has authenticated every caller, so that the caller's trace context, sampling decision and
   * deadline may be believed. False at a public edge.
   */
  readonly trustCaller: boolean;
  readonly flush: FlushMode;
  /** Whether debug lines of requests whose trace is kept are written; without it no debug line is. */
  readonly debugLogs: boolean;
  /** `OTEL_SDK_DISABLED`: no telemetry at all. */
  readonly disabled: boolean;
}

/** Another service of the system, as its caller sees it. */
export interface CalleeSettings {
  /** Base URL without a trailing slash; also the audience of the ID token. */
  readonly url: string;
  /** How long the caller waits for a whole answer, in milliseconds. */
  readonly deadlineMs: number;
}

/** A Cloud Storage bucket a service may use. */
export interface BucketSettings {
  readonly bucket: string;
  /** Location of the bucket as Cloud Storage spells it, such as `EUROPE-WEST1`. */
  readonly location: string;
}

/** Where probes ask whether the service answers. Cloud Run keeps paths that end in `z` for itself. */
export const HEALTH_PATH = '/health';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the OpenTelemetry specification (configuration/sdk-environment-variables) and ours. */
const VARIABLES = {
  serviceName: 'OTEL_SERVICE_NAME',
  resourceAttributes: RESOURCE_ATTRIBUTES,
  exporter: 'OTEL_TRACES_EXPORTER',
  sampler: 'OTEL_TRACES_SAMPLER',
  samplerArgument: 'OTEL_TRACES_SAMPLER_ARG',
  disabled: 'OTEL_SDK_DISABLED',
  keepErrors: 'TRACED_KEEP_ERRORS',
  keepSlowerThan: 'TRACED_KEEP_SLOWER_THAN_MS',
  trustCaller: 'TRACED_TRUST_CALLER',
  flush: 'TRACED_FLUSH',
  debugLogs: 'TRACED_DEBUG_LOGS',
  project: 'GOOGLE_CLOUD_PROJECT',
} as const;

/** The sampler's name in the specification: obey a parent that may be believed, decide by trace id otherwise. */
const SAMPLER = 'parentbased_traceidratio';
const SAMPLERS = [SAMPLER, 'always_on', 'always_off'] as const;

/** Resource attribute names (OpenTelemetry semantic conventions; `gcp.project_id` is Google's). */
const PROJECT_ID = 'gcp.project_id';
const REGION = 'cloud.region';
const DEPLOYMENT_ENVIRONMENT = 'deployment.environment.name';

/** Used where `<NAME>_DEADLINE_MS` cannot be parsed; well below Cloud Run's default request timeout of 300 s. */
const DEFAULT_DEADLINE_MS = 10_000;

/** Cloud Run's longest request timeout, https://cloud.google.com/run/docs/configuring/request-timeout. */
export const MAX_DEADLINE_MS = 3_600_000;

/** The variables for a service's own telemetry. Values may be CDKTF tokens where they are strings. */
export function renderTelemetrySettings(
  settings: Omit<TelemetrySettings, 'disabled' | 'resourceAttributes'>,
): Record<string, string> {
  return {
    [VARIABLES.serviceName]: settings.serviceName,
    [VARIABLES.resourceAttributes]: renderResourceAttributes({
      [PROJECT_ID]: settings.projectId,
      [REGION]: settings.region,
      [DEPLOYMENT_ENVIRONMENT]: settings.environment,
    }),
    [VARIABLES.exporter]: settings.exporter,
    [VARIABLES.sampler]: SAMPLER,
    [VARIABLES.samplerArgument]: String(settings.samplingRatio),
    [VARIABLES.keepErrors]: String(settings.keepErrors),
    ...(settings.keepSlowerThanMs !== undefined && {
      [VARIABLES.keepSlowerThan]: String(settings.keepSlowerThanMs),
    }),
    [VARIABLES.trustCaller]: String(settings.trustCaller),
    [VARIABLES.flush]: settings.flush,
    [VARIABLES.debugLogs]: String(settings.debugLogs),
    // Google's libraries would otherwise run `gcloud` and ask the metadata server for it before their first token.
    ...(settings.projectId !== undefined && { [VARIABLES.project]: settings.projectId }),
  };
}

/**
 * A service's own telemetry settings. Never throws: a value that cannot be used is replaced by its default and
 * reported, because telemetry configuration must not stop a service from serving.
 */
export function parseTelemetrySettings(env: Environment): {
  settings: TelemetrySettings;
  problems: SettingProblem[];
} {
  const { attributes, problems } = parseResourceAttributes(env[VARIABLES.resourceAttributes]);
  const onCloudRun = Boolean(env['K_SERVICE']);

  const choose = <T>(
    variable: string,
    allowed: string,
    fallback: T,
    parse: (text: string) => T | undefined,
  ): T => {
    const text = env[variable]?.trim();
    if (!text) return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    problems.push({ variable, got: text, allowed, used: String(fallback ?? 'none') });
    return fallback;
  };

  const ratio = choose(VARIABLES.samplerArgument, 'a number from 0 to 1', 1, (text) =>
    parseNumber(text, 0, 1),
  );
  const sampler = choose(VARIABLES.sampler, SAMPLERS.join(' | '), SAMPLER, (text) =>
    SAMPLERS.find((name) => name === text),
  );
  const settings: TelemetrySettings = {
    serviceName:
      env[VARIABLES.serviceName]?.trim() ||
      attributes['service.name'] ||
      env['K_SERVICE'] ||
      'unknown_service',
    projectId: attributes[PROJECT_ID] || env[VARIABLES.project] || undefined,
    region: attributes[REGION] || undefined,
    environment: attributes[DEPLOYMENT_ENVIRONMENT] || undefined,
    resourceAttributes: attributes,
    exporter: choose(VARIABLES.exporter, EXPORTERS.join(' | '), onCloudRun ? 'gcp_trace' : 'none', (text) =>
      EXPORTERS.find((exporter) => exporter === text),
    ),
    samplingRatio: sampler === SAMPLER ? ratio : Number(sampler === 'always_on'),
    keepErrors: choose(VARIABLES.keepErrors, 'true | false', true, parseBoolean),
    keepSlowerThanMs: choose<number | undefined>(
      VARIABLES.keepSlowerThan,
      `milliseconds from 1 to ${MAX_DEADLINE_MS}`,
      undefined,
      (text) => parseNumber(text, 1, MAX_DEADLINE_MS),
    ),
    trustCaller: choose(VARIABLES.trustCaller, 'true | false', false, parseBoolean),
    flush: choose(VARIABLES.flush, FLUSH_MODES.join(' | '), 'background', (text) =>
      FLUSH_MODES.find((mode) => mode === text),
    ),
    debugLogs: choose(VARIABLES.debugLogs, 'true | false', false, parseBoolean),
    disabled: choose(VARIABLES.disabled, 'true | false', false, parseBoolean),
  };
  return { settings, problems };
}

/** The variables that tell a service where `name` is and how long to wait for it. */
export function renderCallee(name: string, callee: CalleeSettings): Record<string, string> {
  return {
    [`${variablePrefix(name)}_URL`]: callee.url,
    [`${variablePrefix(name)}_DEADLINE_MS`]: String(callee.deadlineMs),
  };
}

/**
 * Where `name` is. Throws when the URL is missing or not one, because without it the service cannot do its work; a
 * deadline that cannot be parsed is reported and replaced.
 */
export function parseCallee(
  env: Environment,
  name: string,
): { callee: CalleeSettings; problems: SettingProblem[] } {
  const prefix = variablePrefix(name);
  const url = required(env, `${prefix}_URL`, `calls(${name}) on the calling construct writes it`);
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new Error(`${prefix}_URL is '${url}'; it must be an http or https URL`);
  }
  const variable = `${prefix}_DEADLINE_MS`;
  const text = env[variable]?.trim() ?? '';
  const deadlineMs = parseNumber(text, 1, MAX_DEADLINE_MS);
  const problems =
    deadlineMs === undefined
      ? [
          {
            variable,
            got: text,
            allowed: `milliseconds from 1 to ${MAX_DEADLINE_MS}`,
            used: String(DEFAULT_DEADLINE_MS),
          },
        ]
      : [];
  return {
    callee: { url: url.replace(/\/+$/, ''), deadlineMs: deadlineMs ?? DEFAULT_DEADLINE_MS },
    problems,
  };
}

/** Origins of all callees that the environment names: URLs that have a deadline beside them. */
export function parseCalleeOrigins(env: Environment): ReadonlySet<string> {
  const urls = Object.keys(env)
    .filter((name) => name.endsWith('_DEADLINE_MS'))
    .map((name) => env[name.replace(/_DEADLINE_MS$/, '_URL')] ?? '');
  return new Set(urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin));
}

/** The variables that name a bucket for a service. */
export function renderBucket(name: string, bucket: BucketSettings): Record<string, string> {
  return {
    [`${variablePrefix(name)}_BUCKET`]: bucket.bucket,
    [`${variablePrefix(name)}_BUCKET_LOCATION`]: bucket.location,
  };
}

/** The bucket called `name` in the construct. Throws when it is missing. */
export function parseBucket(env: Environment, name: string): BucketSettings {
  const prefix = variablePrefix(name);
  const hint = `addBucket('${name}') on the construct writes it`;
  return {
    bucket: required(env, `${prefix}_BUCKET`, hint),
    location: required(env, `${prefix}_BUCKET_LOCATION`, hint),
  };
}

/** `word-counter` -> `WORD_COUNTER`. */
function variablePrefix(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
}

function required(env: Environment, variable: string, hint: string): string {
  const value = env[variable]?.trim();
  if (!value) throw new Error(`${variable} is not set; ${hint}`);
  return value;
}

function parseNumber(text: string, min: number, max: number): number | undefined {
  const value = text === '' ? Number.NaN : Number(text);
  return value >= min && value <= max ? value : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  return lower === 'false' ? false : undefined;
}
