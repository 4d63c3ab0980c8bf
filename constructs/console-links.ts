/** Links into the Google Cloud console. Project, service and region may be tokens: they need no encoding in an address. */

import type { MonitoredService } from './cloud-run-queries';

/** Written by Cloud Run into the request log (Cloud Run, "Troubleshoot Cloud Run issues"). */
export const NO_INSTANCE = 'The request was aborted because there was no available instance';

/** What is wrong with the requests that a link shows, in the Logging query language. */
export const LOGGED = {
  slowerThan: (ms: number): string => `httpRequest.latency>"${ms / 1000}s"`,
  failed: 'httpRequest.status>=500',
  timedOut: 'httpRequest.status=504',
  noInstance: `textPayload:"${NO_INSTANCE}"`,
} as const;

/** Filters of the Trace explorer as the console writes them where nothing is chosen. */
const EVERY_SPAN = {
  attributes: [],
  displayNames: [],
  isRootSpan: false,
  kinds: [],
  maxDuration: '',
  minDuration: '',
  services: [],
  status: [],
};

/** The Logs Explorer with the requests of a Cloud Run service to which `condition` applies, each with its trace. */
export function requestsLink(projectId: string, service: MonitoredService, condition: string): string {
  const query = [
    encode('resource.type="cloud_run_revision"'),
    `${encode('resource.labels.service_name="')}${service.name}${encode('"')}`,
    `${encode('resource.labels.location="')}${service.region}${encode('"')}`,
    encode('log_id("run.googleapis.com/requests")'),
    encode(condition),
  ].join(encode('\n'));
  return `https://console.cloud.google.com/logs/query;query=${query}?project=${projectId}`;
}

/**
 * The Trace explorer of a project, with the spans of some services where their `service.name`s are given. The console
 * writes such addresses itself; `traceQuery` is a type of the dashboards API, whose `spanFilters.services` are names:
 * https://googleapis.dev/dotnet/Google.Apis.Monitoring.v1/latest/api/Google.Apis.Monitoring.v1.Data.SpanFilters.html
 */
export function traceExplorerLink(projectId: string, serviceNames: readonly string[] = []): string {
  const explorer = 'https://console.cloud.google.com/traces/explorer';
  if (serviceNames.length === 0) return `${explorer}?project=${projectId}`;
  const query = JSON.stringify({
    plotType: 'HEATMAP',
    targetAxis: 'Y1',
    traceQuery: {
      resourceContainer: `projects/${projectId}`,
      spanDataValue: 'SPAN_DURATION',
      spanFilters: { ...EVERY_SPAN, services: serviceNames },
    },
  });
  return `${explorer};query=${query.split(projectId).map(encode).join(projectId)}?project=${projectId}`;
}

/** Parentheses are encoded as well: they would end the address within a Markdown link. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29');
}
