import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import { AFFECTED_SERVICE, alertDocumentation, percent, traceStep } from './alert-documentation';
import { type FailureRatio, failureRatioQuery, type MonitoredService } from './cloud-run-queries';
import { LOGGED, NO_INSTANCE, requestsLink } from './console-links';
import { enableApi, projectOf } from './google-project';
import { channelIds, type INotificationChannel } from './notification-channel';
import type { ITracedCloudRunService } from './imported-service';
import { checkNumber } from './validation';

export interface ErrorAlertOptions {
  /**
   * Alert when more than this share of a service's answers are 5xx, 0.0001 to 1.
   *
   * @default 0.05
   */
  readonly maxErrorRatio?: number;
  /**
   * Alert when more than this share of a service's answers are 504, 0.0001 to 1.
   *
   * @default 0.01
   */
  readonly maxTimeoutRatio?: number;
  /**
   * Requests to a service within the window below which its ratios say nothing, 1 to 1000000: one failure of two
   * requests wakes nobody at night.
   *
   * @default 20
   */
  readonly minRequests?: number;
  /**
   * Length of the window the ratios are taken over, in minutes, 1 to 1440.
   *
   * @default 5
   */
  readonly windowMin?: number;
  /** Who is told. */
  readonly notify: readonly INotificationChannel[];
}

export interface ErrorAlertProps extends ErrorAlertOptions {
  /** What the alerts are called after, such as the stack's id. */
  readonly subject: string;
  readonly services: readonly ITracedCloudRunService[];
}

/** One notification in this time, however many requests are aborted. */
const LOG_MATCH_PERIOD = '300s';
/** The shortest that Monitoring takes; an incident of a log match never ends by itself. */
const LOG_MATCH_AUTO_CLOSE = '1800s';

/**
 * Alerts on answers with 5xx and 504, and on requests for which there was no instance, for any number of services.
 *
 * Conditions cost $1.50 a month each, what they return $0.35 per million time series: at one evaluation a minute
 * (43,200 a month) that is 1.5 cents a month for each service. So one condition is grouped by service, instead of one per
 * service (https://docs.cloud.google.com/monitoring/alerts/cost-control).
 */
export class ErrorAlert extends Construct {
  constructor(scope: Construct, id: string, props: ErrorAlertProps) {
    super(scope, id);
    const { path } = this.node;
    const maxErrorRatio = props.maxErrorRatio ?? 0.05;
    const maxTimeoutRatio = props.maxTimeoutRatio ?? 0.01;
    const minRequests = props.minRequests ?? 20;
    const windowMin = props.windowMin ?? 5;
    for (const [option, ratio] of Object.entries({ maxErrorRatio, maxTimeoutRatio })) {
      checkNumber(path, option, ratio, { min: 0.0001, max: 1, fraction: true, literal: true });
    }
    checkNumber(path, 'minRequests', minRequests, { min: 1, max: 1_000_000, literal: true });
    checkNumber(path, 'windowMin', windowMin, { min: 1, max: 1440, literal: true });
    const notificationChannels = channelIds(path, props.notify);
    const dependsOn = [enableApi(this, 'monitoring')];
    const projectId = projectOf(this);

    // Spans name a service by its construct id, which Monitoring does not know.
    const traces = traceStep(
      projectId,
      props.services.map(({ node }) => node.id),
    );
    const ratio = { windowMin, minRequests };
    const condition = (what: string, failures: FailureRatio['failures'], maxRatio: number) =>
      ratioCondition(`${what} above ${percent(maxRatio)} over ${windowMin} min`, props.services, {
        ...ratio,
        failures,
        maxRatio,
      });
    const { byMetric, byLog } = AFFECTED_SERVICE;
    new MonitoringAlertPolicy(this, 'Default', {
      displayName: `${props.subject}: failed requests`,
      combiner: 'OR',
      conditions: [
        condition('5xx', 'response_code_class="5xx"', maxErrorRatio),
        condition('504', 'response_code="504"', maxTimeoutRatio),
      ],
      documentation: alertDocumentation(
        `More than ${percent(maxErrorRatio)} of the answers of **${byMetric.name}** (${byMetric.region}) were 5xx, or ` +
          `more than ${percent(maxTimeoutRatio)} were 504, over the last ${windowMin} min.`,
        [
          {
            title: 'The failed requests in the Logs Explorer',
            link: requestsLink(projectId, byMetric, LOGGED.failed),
            hint: 'open one and follow its trace to the span that failed first.',
          },
          {
            title: 'Those that timed out',
            link: requestsLink(projectId, byMetric, LOGGED.timedOut),
            hint: "in the trace, compare the longest span with its caller's deadline.",
          },
          traces,
        ],
      ),
      notificationChannels,
      dependsOn,
    });

    // Monitoring takes a log match as the only condition of a policy.
    new MonitoringAlertPolicy(this, 'no-instance', {
      displayName: `${props.subject}: no available instance`,
      combiner: 'OR',
      conditions: [
        {
          displayName: 'a request was aborted because there was no available instance',
          conditionMatchedLog: { filter: noInstanceFilter(props.services) },
        },
      ],
      alertStrategy: {
        notificationRateLimit: { period: LOG_MATCH_PERIOD },
        autoClose: LOG_MATCH_AUTO_CLOSE,
      },
      documentation: alertDocumentation(
        `Cloud Run had no instance for a request to **${byLog.name}** (${byLog.region}), and answered 429 or 500 in its ` +
          'place. More traffic came than maxInstances and concurrency let through, or instances start too slowly.',
        [
          {
            title: 'The aborted requests in the Logs Explorer',
            link: requestsLink(projectId, byLog, LOGGED.noInstance),
            hint: 'see when it began. If the traffic is wanted, raise maxInstances or concurrency; before a rush, minInstances.',
          },
          traces,
        ],
      ),
      notificationChannels,
      dependsOn,
    });
  }
}

function ratioCondition(
  displayName: string,
  services: readonly MonitoredService[],
  ratio: FailureRatio,
): MonitoringAlertPolicyConditions {
  return {
    displayName,
    conditionPrometheusQueryLanguage: {
      query: failureRatioQuery(services, ratio),
      duration: '60s',
      evaluationInterval: '60s',
    },
  };
}

function noInstanceFilter(services: readonly MonitoredService[]): string {
  const anyOf = services.map(
    ({ name, region }) => `(resource.labels.service_name="${name}" AND resource.labels.location="${region}")`,
  );
  return [
    'resource.type="cloud_run_revision"',
    'log_id("run.googleapis.com/requests")',
    `textPayload:"${NO_INSTANCE}"`,
    `(${anyOf.join(' OR ')})`,
  ].join(' AND ');
}
