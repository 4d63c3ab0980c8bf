import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { MonitoringUptimeCheckConfig } from '@cdktf/provider-google/lib/monitoring-uptime-check-config';
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { alertDocumentation, traceStep } from './alert-documentation';
import { LOGGED, requestsLink } from './console-links';
import { enableApi, projectOf } from './google-project';
import { channelIds, type INotificationChannel } from './notification-channel';
import type { ITracedCloudRunService } from './imported-service';
import { ValidationError } from './validation';

/** Periods that Monitoring offers, in minutes (UptimeCheckConfig.period). */
const PERIODS_MIN: readonly number[] = [1, 5, 10, 15];

export interface UptimeCheckOptions {
  /**
   * Minutes between two requests of each location Google checks from: 1, 5, 10 or 15.
   *
   * @default 5
   */
  readonly periodMin?: number;
  /** Who is told. */
  readonly notify: readonly INotificationChannel[];
}

export interface UptimeCheckProps extends UptimeCheckOptions {
  readonly service: ITracedCloudRunService;
  /** At which the service says whether it is well. */
  readonly path: string;
}

/**
 * Asks a public service from around the world whether it is there, and alerts when two locations agree that it is not.
 * `TracedCloudRunService.addUptimeCheck()` makes it.
 */
export class UptimeCheck extends Construct {
  constructor(scope: Construct, id: string, props: UptimeCheckProps) {
    super(scope, id);
    const { path } = this.node;
    const { service } = props;
    const periodMin = props.periodMin ?? 5;
    checkPublic(path, service);
    checkPeriod(path, periodMin);
    const notificationChannels = channelIds(path, props.notify);
    const projectId = projectOf(this);

    const check = new MonitoringUptimeCheckConfig(this, 'Default', {
      displayName: `${service.name} answers`,
      monitoredResource: {
        type: 'uptime_url',
        labels: { project_id: projectId, host: Fn.element(Fn.split('//', service.uri), 1) },
      },
      httpCheck: { path: props.path, port: 443, useSsl: true, validateSsl: true },
      period: `${periodMin * 60}s`,
      timeout: '10s',
      dependsOn: [enableApi(this, 'monitoring')],
    });
    new MonitoringAlertPolicy(this, 'alert', {
      displayName: `${service.name}: does not answer`,
      combiner: 'OR',
      conditions: [
        {
          displayName: 'two locations or more got no answer',
          // The last result of each location within 20 minutes, as the console's own alerts on uptime checks have it.
          conditionThreshold: {
            filter:
              'metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url" AND ' +
              `metric.labels.check_id="${check.uptimeCheckId}"`,
            aggregations: [
              {
                alignmentPeriod: '1200s',
                perSeriesAligner: 'ALIGN_NEXT_OLDER',
                crossSeriesReducer: 'REDUCE_COUNT_FALSE',
                groupByFields: ['resource.label.host'],
              },
            ],
            comparison: 'COMPARISON_GT',
            thresholdValue: 1,
            duration: '60s',
            trigger: { count: 1 },
          },
        },
      ],
      documentation: alertDocumentation(
        `Two locations or more got no answer to \`${props.path}\` from **${service.name}** (${service.region}).`,
        [
          {
            title: 'The failed requests in the Logs Explorer',
            link: requestsLink(projectId, service, LOGGED.failed),
            hint: 'if there are none, requests do not reach the service: look at its last revision and its URL.',
          },
          traceStep(projectId, [service.node.id]),
        ],
      ),
      notificationChannels,
      // Monitoring does not delete a check that an alert uses, so a replaced check takes its alert along. To create the new
      // check first would make Terraform do the same with all the check depends on, and a service has one name only.
      // An address, because cdktf writes "${...}" for a construct, which Terraform does not take here.
      lifecycle: { replaceTriggeredBy: [`${check.terraformResourceType}.${check.friendlyUniqueId}`] },
    });
  }
}

function checkPublic(path: string, { access, node: { id } }: ITracedCloudRunService): void {
  if (access.publicReason === undefined) {
    throw new ValidationError(
      'TCR057',
      path,
      `'${id}' is not public, and the requests of an uptime check come from the internet without a token, ` +
        'so it would always be down; check the public service in front of it, or watch it with addErrorAlert()',
    );
  }
  if (access.reachableByUrl) return;
  throw new ValidationError(
    'TCR057',
    path,
    `'${id}' takes requests from the internet through a load balancer only, and an uptime check asks its run.app URL, ` +
      "so it would always be down; write a google_monitoring_uptime_check_config for the load balancer's host, " +
      'or watch the service with addErrorAlert()',
  );
}

function checkPeriod(path: string, periodMin: number): void {
  if (PERIODS_MIN.includes(periodMin)) return;
  const got = Token.isUnresolved(periodMin) ? ' that is known at synth, got a token' : `, got ${periodMin}`;
  throw new ValidationError('TCR004', path, `'periodMin' must be one of ${PERIODS_MIN.join(', ')}${got}`);
}
