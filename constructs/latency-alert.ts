import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import { Construct } from 'constructs';
import { slowRequestsLink, traceExplorerLink } from './console-links';
import { enableApi } from './google-project';
import { checkNumber } from './validation';

/**
 * 80 buckets from 1 ms, each 15.5 % wider than the last, reach 101 s: p95 is read within 15.5 % everywhere. The
 * defaults of Cloud Logging (growth factor 2) would leave it a factor of two of room.
 */
const BUCKETS = { numFiniteBuckets: 80, growthFactor: 1.155, scale: 0.001 };
const LARGEST_BUCKET_MS = 101_000;

export interface LatencyAlertOptions {
  /** Alert when the 95th percentile of the request latency is above this, in milliseconds, 1 to 101000. */
  readonly p95Ms: number;
  /**
   * Length of the window the percentile is taken over, in minutes, 1 to 1440.
   *
   * @default 5
   */
  readonly windowMin?: number;
  /** Who is told. */
  readonly notify: readonly MonitoringNotificationChannel[];
}

export interface LatencyAlertProps extends LatencyAlertOptions {
  /** Cloud Run's name of the service. */
  readonly serviceName: string;
  readonly region: string;
  /** `service.name` of the service's spans. */
  readonly traceServiceName: string;
  readonly projectId: string;
  /** Letters and `_` only, unique in the project. */
  readonly metricName: string;
  /** Path of the health check, whose requests do not count. */
  readonly healthPath: string;
}

/**
 * A distribution of the latencies in a service's request log, and an alert on its 95th percentile.
 * `TracedCloudRunService.addLatencyAlert()` makes it.
 */
export class LatencyAlert extends Construct {
  constructor(scope: Construct, id: string, props: LatencyAlertProps) {
    super(scope, id);
    const { path } = this.node;
    const windowMin = props.windowMin ?? 5;
    checkNumber(path, 'p95Ms', props.p95Ms, {
      min: 1,
      max: LARGEST_BUCKET_MS,
      fraction: true,
      literal: true,
    });
    checkNumber(path, 'windowMin', windowMin, { min: 1, max: 1440, literal: true });

    const metric = new LoggingMetric(this, 'metric', {
      name: props.metricName,
      description: `Latency of the requests to ${props.serviceName} in ${props.region}, from the request log.`,
      filter: [
        'resource.type="cloud_run_revision"',
        `resource.labels.service_name="${props.serviceName}"`,
        `resource.labels.location="${props.region}"`,
        'log_id("run.googleapis.com/requests")',
        'httpRequest.latency:*',
        `NOT httpRequest.requestUrl=~"${props.healthPath}$"`,
      ].join(' AND '),
      // The log has a duration such as "0.123s"; a value that does not convert to a number would be dropped silently.
      valueExtractor: 'REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s")',
      metricDescriptor: {
        metricKind: 'DELTA',
        valueType: 'DISTRIBUTION',
        unit: 's',
        labels: [{ key: 'status', valueType: 'STRING', description: 'HTTP status code' }],
      },
      labelExtractors: { status: 'EXTRACT(httpRequest.status)' },
      bucketOptions: { exponentialBuckets: BUCKETS },
      dependsOn: [enableApi(this, 'logging')],
    });

    const above = `p95 latency above ${props.p95Ms} ms`;
    new MonitoringAlertPolicy(this, 'Default', {
      displayName: `${props.serviceName}: ${above}`,
      combiner: 'OR',
      conditions: [
        {
          displayName: `${above} over ${windowMin} min`,
          conditionPrometheusQueryLanguage: {
            query: p95Query(props.metricName, windowMin, props.p95Ms),
            duration: '60s',
            evaluationInterval: '60s',
            // The metric exists only once the log has an entry for it; Monitoring would refuse the policy until then.
            disableMetricValidation: true,
          },
        },
      ],
      documentation: { mimeType: 'text/markdown', content: runbook(props, windowMin) },
      notificationChannels: props.notify.map((channel) => channel.id),
      dependsOn: [metric, enableApi(this, 'monitoring')],
    });
  }
}

/** The metric is in seconds. Its name in PromQL follows Cloud Monitoring's mapping: the first `/` is a `:`, the rest `_`. */
function p95Query(metricName: string, windowMin: number, p95Ms: number): string {
  const series = `logging_googleapis_com:user_${metricName}_bucket{monitored_resource="cloud_run_revision"}`;
  return `histogram_quantile(0.95, sum by (le) (rate(${series}[${windowMin}m]))) > ${p95Ms / 1000}`;
}

function runbook(props: LatencyAlertProps, windowMin: number): string {
  const slowRequests = slowRequestsLink(
    props.projectId,
    { name: props.serviceName, region: props.region },
    props.p95Ms,
  );
  return [
    `One request in twenty to **${props.serviceName}** (${props.region}) took longer than ${props.p95Ms} ms ` +
      `over the last ${windowMin} min.`,
    `1. [The slow requests in the Logs Explorer](${slowRequests}): open one and follow its trace.`,
    `2. [All traces in the Trace explorer](${traceExplorerLink(props.projectId)}): filter by ` +
      `service name \`${props.traceServiceName}\` and sort by duration.`,
  ].join('\n\n');
}
