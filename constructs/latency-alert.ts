import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { alertDocumentation, traceStep } from './alert-documentation';
import { LOGGED, requestsLink } from './console-links';
import { enableApi } from './google-project';
import { channelIds, type INotificationChannel } from './notification-channel';
import { checkNumber, ValidationError } from './validation';

/**
 * 80 buckets from 1 ms, each 15.5 % wider than the last, reach 101 s: p95 is read within 15.5 % everywhere. The
 * defaults of Cloud Logging (growth factor 2) would leave it a factor of two of room.
 */
const BUCKETS = { numFiniteBuckets: 80, growthFactor: 1.155, scale: 0.001 };
const LARGEST_BUCKET_MS = 101_000;

export interface LatencyAlertOptions {
  /**
   * Alert when the 95th percentile of the request latency is above this, in milliseconds, 1 to 101000. Requests for the
   * paths of the service's probes do not count.
   */
  readonly p95Ms: number;
  /**
   * Alert when the 99th percentile is above this, in milliseconds, p95Ms to 101000.
   *
   * @default - the 99th percentile does not count
   */
  readonly p99Ms?: number;
  /**
   * Length of the window the percentile is taken over, in minutes, 1 to 1440.
   *
   * @default 5
   */
  readonly windowMin?: number;
  /** Who is told. */
  readonly notify: readonly INotificationChannel[];
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
  /** Paths of the health checks, whose requests do not count. */
  readonly healthPaths: readonly string[];
}

/**
 * A distribution of the latencies in a service's request log, and an alert on its percentiles.
 * `TracedCloudRunService.addLatencyAlert()` makes it.
 */
export class LatencyAlert extends Construct {
  constructor(scope: Construct, id: string, props: LatencyAlertProps) {
    super(scope, id);
    const { path } = this.node;
    const windowMin = props.windowMin ?? 5;
    checkPercentiles(path, props.p95Ms, props.p99Ms);
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
        ...props.healthPaths.map((healthPath) => `NOT httpRequest.requestUrl=~"${urlPattern(healthPath)}"`),
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

    const percentiles = [
      { name: 'p95', quantile: 0.95, maxMs: props.p95Ms },
      ...(props.p99Ms === undefined ? [] : [{ name: 'p99', quantile: 0.99, maxMs: props.p99Ms }]),
    ];
    const above = percentiles.map(({ name, maxMs }) => `${name} latency above ${maxMs} ms`);
    new MonitoringAlertPolicy(this, 'Default', {
      displayName: `${props.serviceName}: ${above.join(' or ')}`,
      combiner: 'OR',
      conditions: percentiles.map(({ quantile, maxMs }, index) =>
        condition(
          `${above[index]} over ${windowMin} min`,
          quantileQuery(props.metricName, quantile, windowMin, maxMs),
        ),
      ),
      documentation: alertDocumentation(
        `One request in twenty to **${props.serviceName}** (${props.region}) took longer than ${props.p95Ms} ms` +
          `${props.p99Ms === undefined ? '' : `, or one in a hundred longer than ${props.p99Ms} ms,`} ` +
          `over the last ${windowMin} min.`,
        [
          {
            title: 'The slow requests in the Logs Explorer',
            link: requestsLink(
              props.projectId,
              { name: props.serviceName, region: props.region },
              LOGGED.slowerThan(props.p95Ms),
            ),
            hint: 'open one and follow its trace.',
          },
          traceStep(props.projectId, [props.traceServiceName]),
        ],
      ),
      notificationChannels: channelIds(path, props.notify),
      dependsOn: [metric, enableApi(this, 'monitoring')],
    });
  }
}

/**
 * The whole URL of a request for a path, as a regular expression. What is an operator there and may be in a URL is put in
 * brackets, because a backslash would have to be written twice in a filter; a token is none until it is deployed.
 */
function urlPattern(path: string): string {
  const literal = Token.isUnresolved(path) ? path : path.replaceAll(/[.$()*+?]/g, '[$&]');
  return `^https?://[^/]+${literal}$`;
}

function condition(displayName: string, query: string): MonitoringAlertPolicyConditions {
  return {
    displayName,
    conditionPrometheusQueryLanguage: {
      query,
      duration: '60s',
      evaluationInterval: '60s',
      // The metric exists only once the log has an entry for it; Monitoring would refuse the policy until then.
      disableMetricValidation: true,
    },
  };
}

/** The metric is in seconds. Its name in PromQL follows Cloud Monitoring's mapping: the first `/` is a `:`, the rest `_`. */
function quantileQuery(metricName: string, quantile: number, windowMin: number, maxMs: number): string {
  const series = `logging_googleapis_com:user_${metricName}_bucket{monitored_resource="cloud_run_revision"}`;
  return `histogram_quantile(${quantile}, sum by (le) (rate(${series}[${windowMin}m]))) > ${maxMs / 1000}`;
}

function checkPercentiles(path: string, p95Ms: number, p99Ms: number | undefined): void {
  const rule = { min: 1, max: LARGEST_BUCKET_MS, fraction: true, literal: true };
  checkNumber(path, 'p95Ms', p95Ms, rule);
  if (p99Ms === undefined) return;
  checkNumber(path, 'p99Ms', p99Ms, rule);
  if (p99Ms >= p95Ms) return;
  throw new ValidationError(
    'TCR053',
    path,
    `'p99Ms' must not be below 'p95Ms', got ${p99Ms} and ${p95Ms}; ` +
      'the slowest hundredth of the requests is never faster than the slowest twentieth',
  );
}
