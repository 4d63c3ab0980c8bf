import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import { annotate } from './annotate';
import { alertDocumentation, percent } from './alert-documentation';
import { traceExplorerLink } from './console-links';
import { enableApi, projectOf } from './google-project';
import type { ITracedCloudRunService } from './imported-service';
import { channelIds, type INotificationChannel } from './notification-channel';
import { servicesBehind } from './pipeline-order';
import { ServiceGraph } from './service-graph';
import {
  DOLLARS_PER_MILLION_SPANS,
  dollarsPerMonth,
  FREE_SPANS_PER_MONTH,
  SECONDS_PER_MONTH,
} from './trace-price';
import type { TracedCloudRunService } from './traced-cloud-run-service';
import { checkNumber } from './validation';

/** A service where requests enter, and how many are expected. */
export interface PipelineEntry {
  readonly service: TracedCloudRunService;
  /** Expected requests per second, averaged over a month, up to 1000000. */
  readonly requestsPerSec: number;
  /**
   * Spans of a request in all services, 1 to 10000. A trace of the local cloud shows how many there are.
   *
   * @default - by the graph: one for each service and each call, two for each bucket (the operation and one attempt)
   */
  readonly spansPerRequest?: number;
}

export interface TraceBudgetOptions {
  /**
   * Alert when the project has more spans than this since the month began.
   *
   * @default - twice what is expected, and never less than the 2.5 million that are free
   */
  readonly maxSpansPerMonth?: number;
  /** Who is told. */
  readonly notify: readonly INotificationChannel[];
}

export interface TraceBudgetProps extends TraceBudgetOptions {
  /** What the alert is called after, such as the stack's id. */
  readonly subject: string;
  readonly entries: readonly PipelineEntry[];
}

/**
 * Spans of the project since the month began. The latest value of an hour counts, because the metric is written a few
 * times an hour only (https://cloud.google.com/trace/docs/trace-alerting).
 */
export const MONTHLY_SPANS = {
  filter: 'metric.type="cloudtrace.googleapis.com/billing/monthly_spans_ingested" AND resource.type="global"',
  aggregation: {
    alignmentPeriod: '3600s',
    perSeriesAligner: 'ALIGN_MAX',
    crossSeriesReducer: 'REDUCE_SUM',
  },
} as const;

/**
 * What the traces of a pipeline are expected to cost, said at every synth, and an alert on what they do cost.
 * `PipelineMonitoring` makes it.
 */
export class TraceBudget extends Construct {
  /** Expected spans of a month, without those of traces that are kept because they failed or were slow. */
  readonly spansPerMonth: number;
  /** Expected US dollars of a month, after the free spans. */
  readonly dollarsPerMonth: number;
  /** One line with how both come about. */
  readonly summary: string;

  constructor(scope: Construct, id: string, props: TraceBudgetProps) {
    super(scope, id);
    const { path } = this.node;
    const estimates = props.entries.map((entry) => estimate(path, entry));
    this.spansPerMonth = Math.round(estimates.reduce((sum, { spansPerMonth }) => sum + spansPerMonth, 0));
    this.dollarsPerMonth = dollarsPerMonth(this.spansPerMonth);
    const maxSpansPerMonth = props.maxSpansPerMonth ?? Math.max(FREE_SPANS_PER_MONTH, 2 * this.spansPerMonth);
    checkNumber(path, 'maxSpansPerMonth', maxSpansPerMonth, {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      literal: true,
    });
    this.summary =
      `Cloud Trace: ${estimates.map(({ text }) => text).join(', ')}: ${millions(this.spansPerMonth)} million spans ` +
      `and $${this.dollarsPerMonth.toFixed(2)} a month ` +
      `($${DOLLARS_PER_MILLION_SPANS.toFixed(2)} per million, ` +
      `${millions(FREE_SPANS_PER_MONTH)} million free per billing account)`;
    annotate(this, 'info', this.summary);

    new MonitoringAlertPolicy(this, 'Default', {
      displayName: `${props.subject}: more spans than expected`,
      combiner: 'OR',
      conditions: [
        {
          displayName: `more than ${millions(maxSpansPerMonth)} million spans since the month began`,
          conditionThreshold: {
            filter: MONTHLY_SPANS.filter,
            aggregations: [MONTHLY_SPANS.aggregation],
            comparison: 'COMPARISON_GT',
            thresholdValue: maxSpansPerMonth,
            duration: '0s',
            trigger: { count: 1 },
          },
        },
      ],
      documentation: alertDocumentation(
        `Everything in this project has written more than ${millions(maxSpansPerMonth)} million spans since the month ` +
          `began. Expected of this pipeline: ${this.summary}.`,
        [
          {
            title: 'All traces of the project in the Trace explorer',
            link: traceExplorerLink(projectOf(this)),
            hint: 'see which service and which span there are most of, then lower the sampling ratio of the entry.',
          },
        ],
      ),
      notificationChannels: channelIds(path, props.notify),
      dependsOn: [enableApi(this, 'monitoring')],
    });
  }
}

function estimate(path: string, entry: PipelineEntry): { spansPerMonth: number; text: string } {
  const { service, requestsPerSec } = entry;
  const spans = entry.spansPerRequest ?? spansPerRequest(service);
  checkNumber(path, 'requestsPerSec', requestsPerSec, {
    min: 0,
    max: 1_000_000,
    fraction: true,
    literal: true,
  });
  checkNumber(path, 'spansPerRequest', spans, { min: 1, max: 10_000, fraction: true, literal: true });
  const { samplingRatio } = service.sampling;
  return {
    spansPerMonth: requestsPerSec * spans * samplingRatio * SECONDS_PER_MONTH,
    text: `${service.node.id} ${requestsPerSec} requests/s x ${spans} spans x ${percent(samplingRatio)}`,
  };
}

/** Where every service makes each of its calls once, and one operation on each of its buckets. */
function spansPerRequest(entry: TracedCloudRunService): number {
  const visits = new Map<ITracedCloudRunService, number>([[entry, 1]]);
  let spans = 0;
  for (const service of servicesBehind([entry])) {
    const times = visits.get(service) ?? 0;
    const calls = ServiceGraph.of(service).callsOf(service);
    spans += times * (1 + calls.length + 2 * service.bucketNames.length);
    for (const { callee } of calls) visits.set(callee, (visits.get(callee) ?? 0) + times);
  }
  return spans;
}

function millions(spans: number): string {
  return String(Number((spans / 1_000_000).toFixed(2)));
}
