/**
 * PromQL over Cloud Run's own metrics, which exist from the first request on and cost nothing. In PromQL the first `/` of
 * a metric's type is a `:`, every other special character a `_`, and `monitored_resource` names the resource type
 * (https://cloud.google.com/monitoring/promql/promql-mapping). The metrics and their labels:
 * https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
 */

/** A Cloud Run service as metrics and logs know it; both names may be tokens. */
export interface MonitoredService {
  readonly name: string;
  readonly region: string;
}

/** Every service apart, with all its revisions. */
const BY_SERVICE = 'sum by (service_name, location)';

const REQUESTS = 'run_googleapis_com:request_count';
const LATENCIES = 'run_googleapis_com:request_latencies_bucket';
const INSTANCES = 'run_googleapis_com:container_instance_count';
const STARTS = 'run_googleapis_com:container_startup_latencies';

export interface FailureRatio {
  /** Which answers are failures, as a label and its value. */
  readonly failures: 'response_code_class="5xx"' | 'response_code="504"';
  /** 0 to 1. */
  readonly maxRatio: number;
  readonly windowMin: number;
  /** With fewer requests in the window the ratio says nothing. */
  readonly minRequests: number;
}

/** True for each of the services whose share of failures is above `maxRatio`, once it has enough traffic. */
export function failureRatioQuery(services: readonly MonitoredService[], ratio: FailureRatio): string {
  const all = selector(services);
  const window = `[${ratio.windowMin}m]`;
  const share =
    `${BY_SERVICE} (rate(${REQUESTS}{${all},${ratio.failures}}${window})) / ` +
    `${BY_SERVICE} (rate(${REQUESTS}{${all}}${window})) > ${ratio.maxRatio}`;
  const traffic = `${BY_SERVICE} (increase(${REQUESTS}{${all}}${window})) >= ${ratio.minRequests}`;
  return `(${share}) and (${traffic})`;
}

/** Latency of a service's requests in milliseconds below which `quantile` of them are. */
export function latencyQuery(service: MonitoredService, quantile: number): string {
  return `histogram_quantile(${quantile}, sum by (le) (rate(${LATENCIES}{${selector([service])}}[5m])))`;
}

/** Requests per second by class of status, such as `5xx`. */
export function requestsQuery(service: MonitoredService): string {
  return `sum by (response_code_class) (rate(${REQUESTS}{${selector([service])}}[5m]))`;
}

/** Instances by state, `active` or `idle`. */
export function instancesQuery(service: MonitoredService): string {
  return `sum by (state) (${INSTANCES}{${selector([service])}})`;
}

/** Cold starts in five minutes. */
export function startsQuery(service: MonitoredService): string {
  return `sum(increase(${STARTS}_count{${selector([service])}}[5m]))`;
}

/** Milliseconds within which 95 % of the cold starts were over. */
export function startLatencyQuery(service: MonitoredService): string {
  return `histogram_quantile(0.95, sum by (le) (rate(${STARTS}_bucket{${selector([service])}}[5m])))`;
}

/** Names of services and regions hold nothing that a regular expression would take for an operator. */
function selector(services: readonly MonitoredService[]): string {
  const names = services.map(({ name }) => name);
  const regions = [...new Set(services.map(({ region }) => region))];
  return [
    'monitored_resource="cloud_run_revision"',
    `service_name=~"${names.join('|')}"`,
    `location=~"${regions.join('|')}"`,
  ].join(',');
}
