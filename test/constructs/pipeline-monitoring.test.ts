import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import {
  DeploymentEnvironment,
  NotificationChannel,
  PipelineMonitoring,
  type PipelineMonitoringProps,
  Sampling,
  ServiceCode,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
  Volume,
} from '../../constructs';
import { addresses, resource, synth, testStack } from '../helpers/synth';
import { tracesShownBy } from '../helpers/trace-link';

const POLICY = 'google_monitoring_alert_policy';

function services(
  stack: TerraformStack,
  ids: readonly string[],
  props: Partial<TracedCloudRunServiceProps> = {},
) {
  const code = ServiceCode.fromImage('image@sha256:0a');
  return ids.map((id) => new TracedCloudRunService(stack, id, { code, ...props }));
}

/** A diamond: web calls users and orders, both call store. */
function diamond(stack = testStack(), props: Partial<TracedCloudRunServiceProps> = {}) {
  const [store, orders, users, web] = services(stack, ['store', 'orders', 'users', 'web'], props);
  if (!store || !orders || !users || !web) throw new Error('a service is missing');
  web.calls(users, { deadlineMs: 1000 });
  web.calls(orders, { deadlineMs: 1000 });
  users.calls(store, { deadlineMs: 500 });
  orders.calls(store, { deadlineMs: 500 });
  const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
  return { stack, store, web, notify };
}

function monitor(options: Partial<PipelineMonitoringProps> = {}, requestsPerSec = 1) {
  const { stack, web, store, notify } = diamond();
  store.addBucket('rows');
  const entries = [{ service: web, requestsPerSec }];
  return { stack, monitoring: new PipelineMonitoring(stack, 'pipeline', { entries, notify, ...options }) };
}

interface Widget {
  readonly title: string;
  readonly text?: { readonly content: string };
  readonly xyChart?: {
    readonly dataSets: readonly {
      readonly legendTemplate?: string;
      readonly timeSeriesQuery: { readonly prometheusQuery?: string; readonly timeSeriesFilter?: object };
    }[];
    readonly thresholds?: readonly { readonly value: number }[];
  };
}

interface Dashboard {
  readonly displayName: string;
  readonly mosaicLayout: {
    readonly columns: number;
    readonly tiles: readonly {
      readonly xPos?: number;
      readonly yPos?: number;
      readonly width: number;
      readonly height: number;
      readonly widget: Widget;
    }[];
  };
}

function dashboardOf(stack: TerraformStack): Dashboard {
  return JSON.parse(String(resource(synth(stack), 'google_monitoring_dashboard')['dashboard_json']));
}

describe('the monitoring of a pipeline', () => {
  test('is of all services behind its entries, callers before those they call', () => {
    const { monitoring } = monitor();
    expect(monitoring.services.map(({ node }) => node.id)).toEqual(['web', 'users', 'orders', 'store']);
  });

  test('has as many alert policies for four services as for one', () => {
    const { stack } = monitor({ maxErrorRatio: 0.2 });
    const synthesized = synth(stack);
    expect(addresses(synthesized, POLICY)).toHaveLength(3);
    const { display_name: name, conditions } =
      synthesized.resources[
        addresses(synthesized, POLICY).find((address) => /error-alert_[0-9A-F]+$/.test(address)) ?? ''
      ] ?? {};
    expect(name).toBe('shop: failed requests');
    const names = ['web', 'users', 'orders', 'store'].map(
      (id) => `\${google_cloud_run_v2_service.${id}.name}`,
    );
    expect(JSON.stringify(conditions)).toContain(`service_name=~\\"${names.join('|')}\\"`);
    expect(JSON.stringify(conditions)).toContain('5xx above 20 %');
    // Spans know services by their construct ids.
    expect(synthesized.json).toContain('service name `web` or `users` or `orders` or `store`; sort');
  });

  test.each([
    ['no entry', 0, 'got none'],
    ['an entry twice', 2, 'got web, web'],
  ])('is refused with %s', (_, times, got) => {
    const { stack, web, notify } = diamond();
    const entries = Array.from({ length: times }, () => ({ service: web, requestsPerSec: 1 }));
    expect(() => new PipelineMonitoring(stack, 'pipeline', { entries, notify })).toThrow(
      `TCR060 at shop/pipeline: 'entries' must name each service where requests enter once, ${got}; ` +
        'write entries: [{ service: gateway, requestsPerSec: 1 }]',
    );
  });

  test('is refused at synth when a call is declared after it', () => {
    const { stack, store, web, notify } = diamond();
    new PipelineMonitoring(stack, 'pipeline', { entries: [{ service: web, requestsPerSec: 1 }], notify });
    const [archive] = services(stack, ['archive']);
    if (archive) store.calls(archive, { deadlineMs: 100 });
    expect(() => synth(stack)).toThrow(
      "TCR058 at shop/pipeline: 'archive' was called only after this was made, and would be missing in it; " +
        'write the calls() before new PipelineMonitoring()',
    );
  });
});

describe('the dashboard of a pipeline', () => {
  test('has a row of latency, requests, instances and cold starts for each service, in the order of the calls', () => {
    const { stack } = monitor();
    const { displayName, mosaicLayout } = dashboardOf(stack);
    expect(displayName).toBe('shop');
    const { columns, tiles } = mosaicLayout;
    const row = (index: number) => tiles.filter(({ yPos = 0 }) => yPos === index * 16);
    expect(tiles).toHaveLength(4 * 4 + 2);
    expect([0, 1, 2, 3, 4].map((index) => row(index)[0]?.widget.title)).toEqual([
      'web: latency in ms',
      'users: latency in ms',
      'orders: latency in ms',
      'store: latency in ms',
      'Spans since the month began; $0.17 a month expected',
    ]);
    expect(row(0).map(({ widget }) => widget.title)).toEqual([
      'web: latency in ms',
      'web: requests per second',
      'web: instances',
      'web: cold starts, and their p95 in ms',
    ]);
    expect(row(3).map(({ xPos = 0 }) => xPos)).toEqual([0, 12, 24, 36]);
    for (const index of [0, 1, 2, 3, 4]) {
      expect(row(index).reduce((sum, { width }) => sum + width, 0)).toBe(columns);
    }
  });

  test('writes no position of 0, which the API leaves out and every plan would put in', () => {
    const { stack } = monitor();
    expect(JSON.stringify(dashboardOf(stack))).not.toMatch(/"[xy]Pos":0/);
  });

  test('has no threshold where no spans are expected, because the API leaves out a value of 0', () => {
    const { stack } = monitor({}, 0);
    const [spend] = dashboardOf(stack).mosaicLayout.tiles.slice(-2);
    expect(spend?.widget.title).toBe('Spans since the month began; $0.00 a month expected');
    expect(spend?.widget.xyChart).not.toHaveProperty('thresholds');
  });

  test("asks for Cloud Run's own metrics of one service", () => {
    const { stack } = monitor();
    const [, , , , latency, requests, instances, starts] = dashboardOf(stack).mosaicLayout.tiles;
    const of =
      '{monitored_resource="cloud_run_revision",service_name=~"${google_cloud_run_v2_service.users.name}",' +
      'location=~"europe-west1"}';
    const queries = (tile: typeof latency) =>
      tile?.widget.xyChart?.dataSets.map(({ timeSeriesQuery }) => timeSeriesQuery.prometheusQuery);
    expect(queries(latency)).toEqual(
      [0.5, 0.95, 0.99].map(
        (quantile) =>
          `histogram_quantile(${quantile}, sum by (le) (rate(run_googleapis_com:request_latencies_bucket${of}[5m])))`,
      ),
    );
    expect(queries(requests)).toEqual([
      `sum by (response_code_class) (rate(run_googleapis_com:request_count${of}[5m]))`,
    ]);
    expect(queries(instances)).toEqual([`sum by (state) (run_googleapis_com:container_instance_count${of})`]);
    expect(queries(starts)).toEqual([
      `sum(increase(run_googleapis_com:container_startup_latencies_count${of}[5m]))`,
      `histogram_quantile(0.95, sum by (le) (rate(run_googleapis_com:container_startup_latencies_bucket${of}[5m])))`,
    ]);
    expect(instances?.widget.xyChart?.dataSets[0]?.legendTemplate).toBe('$${labels.state}');
  });

  test('shows what the traces come to, and the runbook', () => {
    const { stack, monitoring } = monitor();
    const [spend, runbook] = dashboardOf(stack).mosaicLayout.tiles.slice(-2);
    expect(spend?.widget.xyChart).toMatchObject({
      dataSets: [
        {
          timeSeriesQuery: {
            timeSeriesFilter: {
              filter:
                'metric.type="cloudtrace.googleapis.com/billing/monthly_spans_ingested" AND resource.type="global"',
              aggregation: {
                alignmentPeriod: '3600s',
                perSeriesAligner: 'ALIGN_MAX',
                crossSeriesReducer: 'REDUCE_SUM',
              },
            },
          },
        },
      ],
      thresholds: [{ value: monitoring.budget.spansPerMonth }],
    });
    expect(runbook?.widget.text?.content).toBe(monitoring.runbook);
  });

  test('is refused with more services than it holds', () => {
    const stack = testStack();
    const [first, ...others] = services(
      stack,
      Array.from({ length: 25 }, (_, index) => `s${index}`),
    );
    if (!first) throw new Error('there is no service');
    for (const other of others) first.calls(other, { deadlineMs: 100 });
    const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
    const entries = [{ service: first, requestsPerSec: 1 }];
    expect(() => new PipelineMonitoring(stack, 'pipeline', { entries, notify })).toThrow(
      'TCR059 at shop/pipeline/dashboard: a dashboard holds 24 services, got 25; ' +
        'make one PipelineMonitoring per part, each with the entries of that part',
    );
  });
});

describe('the trace budget of a pipeline', () => {
  test('counts the spans of a request by the graph: services, calls, and two for each bucket, as often as they are reached', () => {
    // web 1 + 2 calls, users 1 + 1, orders 1 + 1, store twice 1 + 2
    const { monitoring } = monitor();
    expect(monitoring.budget.spansPerMonth).toBe(13 * 0.1 * 2_592_000);
    expect(monitoring.budget.summary).toBe(
      'Cloud Trace: web 1 requests/s x 13 spans x 10 %: 3.37 million spans and $0.17 a month ' +
        '($0.20 per million, 2.5 million free per billing account)',
    );
  });

  test('counts calls of services of others and buckets of elsewhere as well, but none that is mounted', () => {
    // web 1 + 1 call of another's service + 2 for its own bucket + 2 for the archive
    const stack = testStack();
    const [web] = services(stack, ['web']);
    if (!web) throw new Error('the service is missing');
    const location = 'europe-west1';
    web.addBucket('invoices');
    web.useBucket('archive', { name: 'my-archive', location }, { readOnly: true });
    web.addVolume('/models', Volume.bucket('models', { name: 'my-models', location }));
    web.calls(
      TracedCloudRunService.fromServiceAttributes(stack, 'billing', {
        name: 'billing',
        uri: 'https://billing.example.com',
      }),
      { deadlineMs: 500 },
    );
    const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
    const entries = [{ service: web, requestsPerSec: 1 }];
    const { budget } = new PipelineMonitoring(stack, 'pipeline', { entries, notify });
    expect(budget.summary).toContain('web 1 requests/s x 6 spans x 10 %:');
  });

  test('takes the spans it is told, and adds its entries up', () => {
    const { stack, web, store, notify } = diamond();
    const { budget } = new PipelineMonitoring(stack, 'pipeline', {
      entries: [
        { service: web, requestsPerSec: 50, spansPerRequest: 12 },
        { service: store, requestsPerSec: 0.5, spansPerRequest: 2 },
      ],
      notify,
    });
    expect(budget.spansPerMonth).toBe((50 * 12 + 0.5 * 2) * 0.1 * 2_592_000);
    expect(budget.dollarsPerMonth).toBeCloseTo(((budget.spansPerMonth - 2_500_000) / 1_000_000) * 0.2, 6);
    expect(budget.summary).toContain(
      'web 50 requests/s x 12 spans x 10 %, store 0.5 requests/s x 2 spans x 10 %:',
    );
  });

  test('costs nothing within what is free, is said at synth and is an output', () => {
    const { stack, monitoring } = monitor({}, 0.1);
    expect(monitoring.budget.dollarsPerMonth).toBe(0);
    expect(monitoring.budget.node.metadata).toMatchObject([
      { type: '@cdktf/info', data: monitoring.budget.summary },
    ]);
    expect(synth(stack).outputs).toMatchObject({ trace_budget: { value: monitoring.budget.summary } });
  });

  test.each([
    ['the free spans where less is expected', {}, 0.1, 2_500_000],
    ['twice what is expected', {}, 10, 67_392_000],
    ['what it is told', { maxSpansPerMonth: 1_000_000 }, 10, 1_000_000],
  ])('alerts above %s', (_, options, requestsPerSec, threshold) => {
    const { stack } = monitor(options, requestsPerSec);
    expect(resource(synth(stack), POLICY, 'trace-budget')).toMatchObject({
      conditions: [
        {
          condition_threshold: {
            filter:
              'metric.type="cloudtrace.googleapis.com/billing/monthly_spans_ingested" AND resource.type="global"',
            aggregations: [
              {
                alignment_period: '3600s',
                per_series_aligner: 'ALIGN_MAX',
                cross_series_reducer: 'REDUCE_SUM',
              },
            ],
            comparison: 'COMPARISON_GT',
            threshold_value: threshold,
            duration: '0s',
          },
        },
      ],
    });
  });

  test('is refused with a maximum that is not known at synth', () => {
    const { stack, web, notify } = diamond();
    const maxSpansPerMonth = new TerraformVariable(stack, 'max', { type: 'number' }).numberValue;
    const entries = [{ service: web, requestsPerSec: 1 }];
    expect(() => new PipelineMonitoring(stack, 'pipeline', { entries, notify, maxSpansPerMonth })).toThrow(
      "TCR004 at shop/pipeline/trace-budget: 'maxSpansPerMonth' must be a whole number within 1..9007199254740991 " +
        'that is known at synth, got a token',
    );
  });

  test.each([
    [{ requestsPerSec: -1 }, "'requestsPerSec' must be a number within 0..1000000, got -1"],
    [{ requestsPerSec: 1, spansPerRequest: 0 }, "'spansPerRequest' must be a number within 1..10000, got 0"],
  ])('is refused with %j', (entry, message) => {
    const { stack, web, notify } = diamond();
    expect(
      () => new PipelineMonitoring(stack, 'pipeline', { entries: [{ service: web, ...entry }], notify }),
    ).toThrow(`TCR004 at shop/pipeline/trace-budget: ${message}`);
  });
});

/** What is said at synth about a service. */
const warnings = (environment: DeploymentEnvironment, sampling?: Sampling) =>
  services(testStack(), ['web'], { environment, ...(sampling && { sampling }) })[0]?.node.metadata.map(
    ({ data }) => String(data),
  );

describe('a service that keeps every trace', () => {
  test('is warned of in production', () => {
    expect(warnings(DeploymentEnvironment.production(), Sampling.always())).toEqual([
      "'web' keeps every trace in production, at $0.20 per million spans after the first 2.5 million a month; " +
        'Sampling.ratio(0.1) keeps one in ten, and those that failed besides',
    ]);
  });

  test('is what there should be elsewhere', () => {
    expect(warnings(DeploymentEnvironment.production())).toEqual([]);
    expect(warnings(DeploymentEnvironment.staging())).toEqual([]);
    expect(warnings(DeploymentEnvironment.local())).toEqual([]);
  });
});

describe('the runbook of a pipeline', () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), 'runbook-'));
  });
  afterEach(() => rmSync(outdir, { recursive: true, force: true }));

  test('stays beside that of another pipeline of its stack, whose names have its path', () => {
    // GIVEN
    const app = new App({ outdir });
    const stack = new TerraformStack(app, 'shop');
    new GoogleProvider(stack, 'google', { project: 'my-project', region: 'europe-west1' });
    const [web, admin] = services(stack, ['web', 'admin']);
    if (!web || !admin) throw new Error('a service is missing');
    const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
    const monitorIn = (scope: Construct, service: TracedCloudRunService) =>
      new PipelineMonitoring(scope, 'pipeline', { entries: [{ service, requestsPerSec: 1 }], notify });
    const first = monitorIn(new Construct(stack, 'customers'), web);
    const second = monitorIn(new Construct(stack, 'staff'), admin);

    // WHEN
    app.synth();

    // THEN
    const read = (file: string) => readFileSync(join(outdir, 'stacks', 'shop', file), 'utf8');
    expect(read('pipeline-runbook.md')).toBe(`${first.runbook}\n`);
    expect(read('shop-staff-pipeline-runbook.md')).toBe(`${second.runbook}\n`);
    expect(second.runbook).toMatch(/^# Runbook: shop\/staff\/pipeline\n/);
    const synthesized = synth(stack);
    const names = addresses(synthesized, POLICY).map(
      (address) => synthesized.resources[address]?.['display_name'],
    );
    expect(new Set(names)).toEqual(
      new Set(
        ['shop', 'shop/staff/pipeline'].flatMap((subject) => [
          `${subject}: failed requests`,
          `${subject}: more spans than expected`,
          `${subject}: no available instance`,
        ]),
      ),
    );
    expect(synthesized.json).toContain('\\"displayName\\":\\"shop/staff/pipeline\\"');
    expect(Object.values(synthesized.outputs)).toContainEqual({ value: second.budget.summary });
    expect(synthesized.outputs).toHaveProperty('trace_budget.value', first.budget.summary);
  });

  test('is written beside the synthesized stack, with names that mean something outside Terraform', () => {
    // GIVEN
    const app = new App({ outdir });
    const stack = new TerraformStack(app, 'shop-production');
    new GoogleProvider(stack, 'google', { project: 'my-project', region: 'europe-west1' });
    const { web, notify } = diamond(stack);
    const entries = [{ service: web, requestsPerSec: 1 }];
    const { runbook } = new PipelineMonitoring(stack, 'pipeline', { entries, notify });

    // WHEN
    app.synth();

    // THEN
    const text = readFileSync(join(outdir, 'stacks', 'shop-production', 'pipeline-runbook.md'), 'utf8');
    expect(text).toBe(`${runbook}\n`);
    expect(text).not.toContain('${');
    expect(text).toMatch(/^# Runbook: shop-production\n/);
    expect(text).toContain('callers first: web, users, orders, store.');
    expect(text).toContain('web -> users, web -> orders, users -> store, orders -> store');
    for (const condition of ['httpRequest.status>=500', 'httpRequest.status=504', 'no available instance']) {
      const lines = text.split('\n').filter((line) => line.includes(encodeURIComponent(condition)));
      expect(lines.map((line) => /^\*\*(\w+)\*\* \(`(.*?)`/.exec(line)?.slice(1))).toEqual(
        ['web', 'users', 'orders', 'store'].map((id) => [id, `${id}-production`]),
      );
    }
    const traceLinks = [...text.matchAll(/\((\S*\/traces\/explorer[^)]*)\)/g)].map(([, link]) => link);
    expect(traceLinks.map(tracesShownBy)).toMatchObject(
      [['web', 'users', 'orders', 'store'], ['web'], ['users'], ['orders'], ['store']].map((of) => ({
        spanFilters: { services: of },
      })),
    );
  });
});
