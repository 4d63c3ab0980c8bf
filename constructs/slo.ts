import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { MonitoringService } from '@cdktf/provider-google/lib/monitoring-service';
import { MonitoringSlo, type MonitoringSloBasicSli } from '@cdktf/provider-google/lib/monitoring-slo';
import { Construct } from 'constructs';
import { alertDocumentation, percent, traceStep } from './alert-documentation';
import { BurnRate } from './burn-rate';
import { LOGGED, requestsLink } from './console-links';
import { enableApi, projectOf } from './google-project';
import { channelIds, type INotificationChannel } from './notification-channel';
import type { ITracedCloudRunService } from './imported-service';
import { checkNumber, ValidationError } from './validation';

export interface SloOptions {
  /** Share of the requests that are not answered 5xx, 0.5 to 0.9999. */
  readonly availabilityGoal: number;
  /**
   * Milliseconds within which a request is answered in time, 1 to 3600000.
   *
   * @default - no objective for latency
   */
  readonly latencyThresholdMs?: number;
  /**
   * Share of the requests that are answered in time, 0.5 to 0.9999.
   *
   * @default 0.95
   */
  readonly latencyGoal?: number;
  /**
   * Rolling period the goals hold for, in days, 1 to 30; whole weeks have as many weekends as the last ones.
   *
   * @default 28
   */
  readonly periodDays?: number;
  /**
   * How fast the error budget has to go for an alert, one policy each and per objective.
   *
   * @default [BurnRate.fast()]
   */
  readonly burnRates?: readonly BurnRate[];
  /** Who is told. */
  readonly notify: readonly INotificationChannel[];
}

export interface SloProps extends SloOptions {
  readonly service: ITracedCloudRunService;
}

/** Limits of google_monitoring_slo, and of what is worth promising. */
const GOAL = { min: 0.5, max: 0.9999, fraction: true, literal: true } as const;

interface Objective {
  /** Construct id of its alerts, and the SLO's own id. */
  readonly id: 'availability' | 'latency';
  readonly goal: number;
  readonly sli: MonitoringSloBasicSli;
  /** Such as `answered within 2000 ms`. */
  readonly good: string;
  /** Finds the requests that spend the budget. */
  readonly logged: string;
}

/**
 * Service level objectives of a service, measured by Cloud Run, each with alerts on how fast its error budget goes.
 * `TracedCloudRunService.addSlo()` makes it.
 */
export class Slo extends Construct {
  constructor(scope: Construct, id: string, props: SloProps) {
    super(scope, id);
    const { path } = this.node;
    const { service } = props;
    const periodDays = props.periodDays ?? 28;
    const burnRates = props.burnRates ?? [BurnRate.fast()];
    checkNumber(path, 'periodDays', periodDays, { min: 1, max: 30, literal: true });
    const objectives = objectivesOf(path, props);
    for (const { id: option, goal } of objectives) checkBurnRates(path, option, goal, periodDays, burnRates);
    const notificationChannels = channelIds(path, props.notify);
    const projectId = projectOf(this);

    const monitored = new MonitoringService(this, 'Default', {
      serviceId: `${service.name}-${service.region}`,
      displayName: service.name,
      basicService: {
        serviceType: 'CLOUD_RUN',
        serviceLabels: { service_name: service.name, location: service.region },
      },
      dependsOn: [enableApi(this, 'monitoring')],
    });
    for (const objective of objectives) {
      const slo = new MonitoringSlo(this, objective.id, {
        service: monitored.serviceId,
        sloId: objective.id,
        displayName: `${percent(objective.goal)} ${objective.good} over ${periodDays} days`,
        goal: objective.goal,
        rollingPeriodDays: periodDays,
        basicSli: objective.sli,
      });
      for (const burnRate of burnRates) {
        new MonitoringAlertPolicy(this, `${objective.id}-${burnRate.id}-burn`, {
          displayName: `${service.name}: error budget of its ${objective.id} is going`,
          combiner: 'AND',
          conditions: burnRate.windowsMin.map((windowMin) => ({
            displayName: `burn rate above ${burnRate.factor(periodDays)} over ${windowMin} min`,
            conditionThreshold: {
              // https://docs.cloud.google.com/stackdriver/docs/solutions/slo-monitoring/api/timeseries-selectors
              filter: `select_slo_burn_rate("${slo.name}", "${windowMin * 60}s")`,
              comparison: 'COMPARISON_GT',
              thresholdValue: burnRate.factor(periodDays),
              duration: '0s',
            },
          })),
          documentation: alertDocumentation(
            `${percent(burnRate.budgetShare)} of what **${service.name}** (${service.region}) may fail in ${periodDays} ` +
              `days is gone within ${burnRate.windowsMin[0] / 60} h, and it goes on. The objective: ` +
              `${percent(objective.goal)} of the requests ${objective.good}.`,
            [
              {
                title: 'The requests that spend it in the Logs Explorer',
                link: requestsLink(projectId, service, objective.logged),
                hint: 'open one and follow its trace.',
              },
              traceStep(projectId, [service.node.id]),
            ],
          ),
          notificationChannels,
        });
      }
    }
  }
}

/** The objectives that were asked for. Throws TCR004 for a number out of its range. */
function objectivesOf(path: string, props: SloProps): Objective[] {
  const { availabilityGoal, latencyThresholdMs, latencyGoal = 0.95 } = props;
  checkNumber(path, 'availabilityGoal', availabilityGoal, GOAL);
  checkNumber(path, 'latencyGoal', latencyGoal, GOAL);
  const availability: Objective = {
    id: 'availability',
    goal: availabilityGoal,
    sli: { availability: { enabled: true } },
    good: 'not answered 5xx',
    logged: LOGGED.failed,
  };
  if (latencyThresholdMs === undefined) {
    if (props.latencyGoal === undefined) return [availability];
    throw new ValidationError(
      'TCR055',
      path,
      `'latencyGoal' is ${latencyGoal}, and there is no 'latencyThresholdMs' that says what is in time; write both`,
    );
  }
  checkNumber(path, 'latencyThresholdMs', latencyThresholdMs, { min: 1, max: 3_600_000, literal: true });
  return [
    availability,
    {
      id: 'latency',
      goal: latencyGoal,
      sli: { latency: { threshold: `${latencyThresholdMs / 1000}s` } },
      good: `answered within ${latencyThresholdMs} ms`,
      logged: LOGGED.slowerThan(latencyThresholdMs),
    },
  ];
}

/** Throws TCR056 for a burn rate above that of a service that fails every request: its alert could never fire. */
function checkBurnRates(
  path: string,
  objective: string,
  goal: number,
  periodDays: number,
  burnRates: readonly BurnRate[],
): void {
  const highest = 1 / (1 - goal);
  for (const burnRate of burnRates) {
    const factor = burnRate.factor(periodDays);
    if (factor < highest) continue;
    throw new ValidationError(
      'TCR056',
      path,
      `the ${burnRate.id} burn rate over ${periodDays} days is ${factor}, and with '${objective}Goal' ${goal} a service ` +
        `that fails every request has ${Number(highest.toFixed(2))}, so its alert could never fire; ` +
        'raise the goal, shorten periodDays, or write burnRates: [BurnRate.slow()]',
    );
  }
}
