import type { tracing } from '@opentelemetry/sdk-node';
import { limitForCloudTrace, RESOURCE_LABELS } from './cloud-trace-limits';
import { findProject } from './google-auth';
import { RetryingExporter } from './retrying-exporter';
import type { SpanLosses } from './span-losses';
import { withoutWarning } from './without-warning';

/** How long one call may take, in milliseconds: less than one export, so that a call ends before it is given up. */
const CALL_TIMEOUT_MS = 4_000;

/**
 * Google's exporter to Cloud Trace, within the limits of Cloud Trace, and with deadlines. Rejects without credentials or a
 * project, which the exporter itself looks for once only, so that both are looked for again by whoever tries again.
 */
export async function loadCloudTraceExporter(
  projectId: string | undefined,
  losses: SpanLosses,
): Promise<tracing.SpanExporter> {
  const project = await findProject(projectId);
  const { TraceExporter } = await import('@google-cloud/opentelemetry-cloud-trace-exporter');
  const options = { projectId: project, resourceFilter: RESOURCE_LABELS };
  const exporter = withoutWarning('DEP_GCP_OTEL_TRACE_EXPORTER', () => new TraceExporter(options));
  giveDeadline(exporter);
  const remedy =
    `grant roles/cloudtrace.agent on project ${project} to the account that the service ` +
    'runs as, and enable cloudtrace.googleapis.com';
  return limitForCloudTrace(new RetryingExporter(exporter, { retries: true, remedy }), losses);
}

/**
 * Google's exporter calls without a deadline, and a call that is never answered keeps its spans in memory for ever. There
 * is no option for it, and the package is archived, so its one call is given a deadline where the client is made.
 */
function giveDeadline(exporter: object): void {
  const getClient: unknown = Reflect.get(exporter, '_getClient');
  if (typeof getClient !== 'function') throw new Error("Google's exporter has no _getClient");
  let limited: object | undefined;
  Reflect.set(exporter, '_getClient', async () => {
    if (limited) return limited;
    const client: unknown = await Reflect.apply(getClient, exporter, []);
    const write: unknown = client instanceof Object ? Reflect.get(client, 'BatchWriteSpans') : undefined;
    if (typeof write !== 'function') throw new Error("Google's client has no BatchWriteSpans");
    limited = {
      BatchWriteSpans: (request: unknown, metadata: unknown, done: unknown): unknown =>
        Reflect.apply(write, client, [request, metadata, { deadline: Date.now() + CALL_TIMEOUT_MS }, done]),
    };
    return limited;
  });
}
