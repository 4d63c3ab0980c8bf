/**
 * Cloud Run's own metrics, made from its request log: `run.googleapis.com/request_count` and `request_latencies`
 * (cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run).
 */

import { bucketBounds } from '../logging/bucket-layout';
import { RESOURCE_TYPE, resourceLabels } from '../logging/log-fields';
import type { LogEntry } from '../logging/log-store';
import type { Sample } from './time-series';

/** Names in PromQL. */
export const REQUEST_COUNT = 'run_googleapis_com:request_count';
export const REQUEST_LATENCIES = 'run_googleapis_com:request_latencies';

/** Google does not say which buckets it has: these are 15 % wide, from 1 ms to 101 s. */
const LATENCY_BOUNDS_MS = bucketBounds({
  exponentialBuckets: { numFiniteBuckets: 80, growthFactor: 1.155, scale: 1 },
});

/**
 * Whether the request reached the container: those that the front end refuses (no permission, no instance) are not in
 * Cloud Run's metrics. The front end gives a reason in the entry where it answers itself.
 */
export function reachedContainer({ log, httpRequest, message }: LogEntry): boolean {
  if (log !== 'requests' || !httpRequest) return false;
  const status = Number(httpRequest['status']);
  return message === '' || status >= 500 || status === CLIENT_CLOSED_REQUEST;
}

/** The front end's status for a client that went away. */
const CLIENT_CLOSED_REQUEST = 499;

export function requestStatus({ httpRequest }: LogEntry): number {
  return Number(httpRequest?.['status']);
}

export function requestLatencySec({ httpRequest }: LogEntry): number {
  return Number.parseFloat(String(httpRequest?.['latency']));
}

/** Both metrics of a request. */
export function requestSamples(entry: LogEntry, atMs: number): Sample[] {
  const status = requestStatus(entry);
  const labels = {
    monitored_resource: RESOURCE_TYPE,
    ...resourceLabels(entry),
    response_code: String(status),
    response_code_class: `${Math.floor(status / 100)}xx`,
  };
  const sample = { labels, atMs, example: exampleOf(entry) };
  return [
    { ...sample, metric: REQUEST_COUNT },
    {
      ...sample,
      metric: REQUEST_LATENCIES,
      value: requestLatencySec(entry) * 1000,
      bounds: LATENCY_BOUNDS_MS,
    },
  ];
}

export function exampleOf({ service, traceId }: LogEntry): Sample['example'] {
  return { service, ...(traceId !== undefined && { traceId }) };
}
