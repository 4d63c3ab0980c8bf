import { resources, type tracing } from '@opentelemetry/sdk-node';
import { GCP_PROJECT_ID } from './attributes';
import { createGoogleAuth, findProject } from './google-auth';
import { createHttpsAgent } from './https-tunnel';
import { limitForOtlp } from './otlp-limits';
import { RetryingExporter } from './retrying-exporter';
import type { SpanLosses } from './span-losses';
import { reportProblem } from './telemetry-problems';
import { within } from './within';

/** Google's endpoint (cloud.google.com/stackdriver/docs/reference/telemetry/overview). */
const GOOGLE_URL = 'https://telemetry.googleapis.com/v1/traces';

/** OpenTelemetry's variables for another endpoint; the exporter reads them itself. */
const ENDPOINT_VARIABLES = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/**
 * How long the exporter goes on with one batch, retries included, in milliseconds. Its default of 10 s is all the time that
 * Cloud Run gives after SIGTERM.
 */
const TIMEOUT_MS = 4_000;

/**
 * OTLP over HTTP in protobuf: to the endpoint that OpenTelemetry's variables name, or to Google's. Only there does it
 * authenticate, so that no collector on the way gets a token of the service's account. Without a project Google refuses
 * spans: it rejects where credentials or a project cannot be found, which are looked for again by whoever tries again.
 */
export async function loadOtlpExporter(
  projectId: string | undefined,
  losses: SpanLosses,
): Promise<tracing.SpanExporter> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const endpoint = ENDPOINT_VARIABLES.map((name) => process.env[name]?.trim()).find(Boolean);
  const project = endpoint === undefined || isGoogle(endpoint) ? await findProject(projectId) : undefined;
  const exporter = new OTLPTraceExporter({
    timeoutMillis: TIMEOUT_MS,
    ...(endpoint === undefined && { url: GOOGLE_URL }),
    ...(project !== undefined && {
      headers: await createAuthorization(project),
      httpAgentOptions: () => createHttpsAgent(),
    }),
  });
  countRefused(exporter, losses);
  const remedy =
    project === undefined
      ? `${endpoint} wants other credentials: set OTEL_EXPORTER_OTLP_HEADERS`
      : `grant roles/telemetry.tracesWriter (or roles/cloudtrace.agent) on project ${project} ` +
        `to the account that the service runs as, and enable telemetry.googleapis.com`;
  const retrying = new RetryingExporter(exporter, { retries: false, remedy });
  const isFound = project !== undefined && projectId === undefined;
  return limitForOtlp(isFound ? inProject(retrying, project) : retrying, losses);
}

/** An exporter of spans whose resource names the project, which was not known when the resource was made. */
function inProject(exporter: tracing.SpanExporter, project: string): tracing.SpanExporter {
  const named = new WeakMap<resources.Resource, resources.Resource>();
  const name = (resource: resources.Resource): resources.Resource => {
    const known = named.get(resource);
    if (known) return known;
    const made = resource.merge(resources.resourceFromAttributes({ [GCP_PROJECT_ID]: project }));
    named.set(resource, made);
    return made;
  };
  return {
    export: (spans, done) =>
      exporter.export(
        spans.map((span) => ({ ...span, resource: name(span.resource) })),
        done,
      ),
    shutdown: () => exporter.shutdown(),
  };
}

/**
 * A collector may take a batch and refuse some spans of it (OTLP specification, "Partial Success"). The exporter calls that
 * a success and only mentions it in a debugging text, and has no option for it; so its handler of answers is replaced.
 */
function countRefused(exporter: object, losses: SpanLosses): void {
  const delegate: unknown = Reflect.get(exporter, '_delegate');
  if (!(delegate instanceof Object) || !('_responseHandler' in delegate)) {
    throw new Error('the OTLP exporter has no handler of answers');
  }
  Reflect.set(delegate, '_responseHandler', {
    handleResponse(answer: { partialSuccess?: { rejectedSpans?: number; errorMessage?: string } }): void {
      const { rejectedSpans = 0, errorMessage = '' } = answer.partialSuccess ?? {};
      if (rejectedSpans > 0) losses.drop('refused in part', rejectedSpans);
      // Without refused spans it is a warning.
      if (errorMessage !== '') reportProblem(`the collector says: ${errorMessage}`);
    },
  });
}

/** Google's hosts, and only where the way there is encrypted. */
function isGoogle(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' && hostname.endsWith('.googleapis.com');
}

/** Headers with a token of the service's account; google-auth-library keeps it and gets a new one before it expires. */
async function createAuthorization(projectId: string): Promise<() => Promise<Record<string, string>>> {
  const auth = await createGoogleAuth(projectId);
  return async () => {
    const headers = await within(
      TIMEOUT_MS,
      auth.getRequestHeaders(GOOGLE_URL),
      `no access token within ${TIMEOUT_MS} ms`,
    );
    return Object.fromEntries(headers.entries());
  };
}
