import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import {
  instancesQuery,
  latencyQuery,
  requestsQuery,
  startLatencyQuery,
  startsQuery,
} from './cloud-run-queries';
import { enableApi, projectOf } from './google-project';
import { MONTHLY_SPANS, type TraceBudget } from './trace-budget';
import type { TracedCloudRunService } from './traced-cloud-run-service';
import { ValidationError } from './validation';

export interface PipelineDashboardProps {
  /** Of the dashboard, such as the stack's id. */
  readonly displayName: string;
  /** One row each, in this order. */
  readonly services: readonly TracedCloudRunService[];
  readonly budget: TraceBudget;
  /** Markdown. */
  readonly runbook: string;
}

/** Columns of a mosaic (Dashboard.mosaicLayout). */
const COLUMNS = 48;
const ROW_HEIGHT = 16;
const CHARTS_PER_SERVICE = 4;
/** A dashboard holds 100 widgets (Cloud Monitoring's release notes, 2 May 2025); two of them belong to no service. */
const MAX_SERVICES = Math.floor((100 - 2) / CHARTS_PER_SERVICE);

/** Members of the dashboards API: https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards */
type Widget = Readonly<Record<string, unknown>>;

interface Tile {
  readonly xPos?: number;
  readonly yPos?: number;
  readonly width: number;
  readonly height: number;
  readonly widget: Widget;
}

/**
 * Latency, requests, instances and cold starts of each service of a pipeline, callers above those they call, what the
 * traces come to, and the runbook. `PipelineMonitoring` makes it.
 */
export class PipelineDashboard extends Construct {
  /** Address in the console, known once it is deployed. */
  readonly link: string;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    if (props.services.length > MAX_SERVICES) {
      throw new ValidationError(
        'TCR059',
        this.node.path,
        `a dashboard holds ${MAX_SERVICES} services, got ${props.services.length}; ` +
          'make one PipelineMonitoring per part, each with the entries of that part',
      );
    }
    const dashboard = new MonitoringDashboard(this, 'Default', {
      dashboardJson: JSON.stringify({
        displayName: props.displayName,
        mosaicLayout: { columns: COLUMNS, tiles: tiles(props) },
      }),
      dependsOn: [enableApi(this, 'monitoring')],
    });
    const uuid = Fn.element(Fn.split('/', dashboard.id), 3);
    this.link = `https://console.cloud.google.com/monitoring/dashboards/builder/${uuid}?project=${projectOf(this)}`;
  }
}

function tiles({ services, budget, runbook }: PipelineDashboardProps): Tile[] {
  const width = COLUMNS / CHARTS_PER_SERVICE;
  const rows = services.flatMap((service, row) =>
    chartsOf(service).map((widget, column) => tile(column * width, row * ROW_HEIGHT, width, widget)),
  );
  const below = services.length * ROW_HEIGHT;
  return [
    ...rows,
    tile(0, below, width, spendChart(budget)),
    tile(width, below, COLUMNS - width, {
      title: 'Runbook',
      text: { format: 'MARKDOWN', content: runbook },
    }),
  ];
}

/** A position of 0 is left out: the API does not return it, and every plan would put it in again. */
function tile(xPos: number, yPos: number, width: number, widget: Widget): Tile {
  return { ...(xPos > 0 && { xPos }), ...(yPos > 0 && { yPos }), width, height: ROW_HEIGHT, widget };
}

function chartsOf(service: TracedCloudRunService): Widget[] {
  const { id } = service.node;
  return [
    chart(
      `${id}: latency in ms`,
      [0.5, 0.95, 0.99].map((quantile) => [`p${quantile * 100}`, latencyQuery(service, quantile)]),
    ),
    chart(`${id}: requests per second`, [['$${labels.response_code_class}', requestsQuery(service)]]),
    chart(`${id}: instances`, [['$${labels.state}', instancesQuery(service)]]),
    chart(`${id}: cold starts, and their p95 in ms`, [
      ['cold starts in 5 min', startsQuery(service)],
      ['p95', startLatencyQuery(service)],
    ]),
  ];
}

/** Lines of PromQL, each with its legend. Labels are filled in by Monitoring, so Terraform has to read `$${` for `${`. */
function chart(title: string, lines: readonly (readonly [string, string])[]): Widget {
  return {
    title,
    xyChart: {
      dataSets: lines.map(([legendTemplate, prometheusQuery]) => ({
        plotType: 'LINE',
        legendTemplate,
        timeSeriesQuery: { prometheusQuery },
      })),
    },
  };
}

/** A threshold of 0 is left out for the same reason as a position of 0. */
function spendChart({ spansPerMonth, dollarsPerMonth }: TraceBudget): Widget {
  return {
    title: `Spans since the month began; $${dollarsPerMonth.toFixed(2)} a month expected`,
    xyChart: {
      dataSets: [
        {
          plotType: 'LINE',
          timeSeriesQuery: { timeSeriesFilter: MONTHLY_SPANS },
        },
      ],
      ...(spansPerMonth > 0 && { thresholds: [{ label: 'expected of a month', value: spansPerMonth }] }),
    },
  };
}
