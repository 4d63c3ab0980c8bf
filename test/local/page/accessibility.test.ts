import { readFileSync } from 'node:fs';
import type { ServiceGraph } from '../../../local/control/service-graph';
import { LOGS, span, SPANS, TRACE_ID } from '../trace/pipeline-trace';
import { Browser } from './browser';
import { PageFixture } from './page-fixture';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
  readonly passes: readonly { readonly id: string }[];
}

/** Every kind of node and edge. */
const GRAPH: ServiceGraph = {
  nodes: [
    { id: 'outside', kind: 'outside' },
    { id: 'gateway-local', kind: 'service', region: 'europe-west1', serviceName: 'gateway' },
    { id: 'storage-local', kind: 'service', region: 'europe-west1' },
    { id: 'audit-local', kind: 'service', region: 'europe-west1' },
    { id: 'documents', kind: 'bucket', region: 'US-EAST1' },
  ],
  edges: [
    { from: 'outside', to: 'gateway-local', granted: true, calls: 3, traced: 3, refused: 0 },
    {
      from: 'gateway-local',
      to: 'storage-local',
      granted: false,
      calls: 2,
      traced: 2,
      refused: 2,
      missingGrant: {
        resourceType: 'google_cloud_run_v2_service_iam_member',
        on: 'storage-local',
        role: 'roles/run.invoker',
        member: 'serviceAccount:gateway@local-test.iam.gserviceaccount.com',
      },
    },
    {
      from: 'gateway-local',
      to: 'audit-local',
      granted: true,
      calls: 12,
      traced: 0,
      refused: 0,
      deadlineMs: 1_000,
      lost: [
        {
          report:
            'gateway → audit: 12 calls arrived, 0 in a trace: gateway does not pass the trace header on',
          advice: 'Have gateway start its telemetry: google_cloud_run_v2_service.gateway.',
          resource: 'google_cloud_run_v2_service.gateway',
          traceId: TRACE_ID,
        },
      ],
    },
    { from: 'storage-local', to: 'documents', granted: true, calls: 0, traced: 0, refused: 0 },
  ],
};

const ALERT = {
  policy: 'projects/local-test/alertPolicies/1',
  title: 'gateway fails',
  condition: 'more than 1 % of requests',
  service: 'gateway',
  state: 'firing',
  since: '2026-03-01T09:31:00Z',
  value: 0.2,
  threshold: 0.01,
  unit: '1',
  traceId: TRACE_ID,
  documentation: 'Requests fail.\n\nSee [the runbook](https://example.com/runbook).',
};

const VIEWS = [
  '#/traces',
  `#/trace/${TRACE_ID}?span=00000000000000a1&q=POST`,
  '#/trace/none',
  '#/graph',
  '#/latency',
  '#/alerts',
  '#/logs',
];

let cloud: PageFixture;
beforeAll(async () => {
  cloud = await PageFixture.start(GRAPH);
  await cloud.receive(SPANS, LOGS);
  await cloud.receive([
    span('a1', undefined, 'gateway', 'GET /', [0, 3], {
      traceId: 'ab'.repeat(16),
      events: [{ name: 'retry', unixNano: SPANS[0]?.startUnixNano ?? 0n, attributes: { attempt: 2 } }],
    }),
  ]);
});
afterAll(async () => {
  await cloud.dispose();
});

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.launch({ colorScheme });
    await browser.context.route(/\/alerts$/, (route) => route.fulfill({ json: [ALERT] }));
  });
  afterAll(async () => {
    await browser.dispose();
  });

  test.each(VIEWS)('%s has contrast, roles and names that axe finds nothing wrong with', async (view) => {
    const page = await browser.open(cloud.at(view));
    await page.evaluate(AXE);
    const { violations, passes }: AxeResults = JSON.parse(
      await page.evaluate<string>('axe.run().then((results) => JSON.stringify(results))'),
    );
    const found = violations.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ html }) => html)]);
    expect(found).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
    await page.close();
  });

  test('nothing is asked of anybody but the cloud, and nothing breaks the page', () => {
    expect(browser.requests.filter((url) => !url.startsWith(cloud.at('')))).toEqual([]);
    // The cloud of this test has no explanations.
    expect(browser.errors.filter((error) => !error.includes('404 (Not Found)'))).toEqual([]);
  });
});

describe('the graph of services', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.launch();
  });
  afterAll(async () => {
    await browser.dispose();
  });

  test('lists the calls beside the picture, and a refused one links to the missing grant', async () => {
    const page = await browser.open(cloud.at('#/graph'));
    await expect(page.getByRole('img').getAttribute('aria-label')).resolves.toContain('4 calls');
    const calls = page.getByRole('table', { name: 'Calls' }).locator('tbody tr');
    await expect(calls.allTextContents()).resolves.toEqual([
      'outside → gateway-localgranted330',
      'gateway-local → storage-local2 refused, not granted222',
      'gateway-local → audit-localgranted, missing in traces12001,000 ms',
      'storage-local → documentsgranted, no call seen000',
    ]);
    await page.getByRole('link', { name: '2 refused, not granted' }).click();
    const grant = page.getByRole('region', { name: 'Missing grant, gateway-local to storage-local' });
    await expect(page.evaluate('document.activeElement.id')).resolves.toBe(await grant.getAttribute('id'));
    await expect(grant.textContent()).resolves.toContain('roles/run.invoker');
  });

  test('marks a call that no trace shows, and says what to change', async () => {
    const page = await browser.open(cloud.at('#/graph'));
    await expect(page.locator('.edge.lost text').textContent()).resolves.toBe('⚠ 12 ×, 0 traced');
    await page.getByRole('link', { name: 'granted, missing in traces' }).click();
    const hop = page.getByRole('region', { name: 'Missing in traces, gateway-local to audit-local' });
    await expect(page.evaluate('document.activeElement.id')).resolves.toBe(await hop.getAttribute('id'));
    await expect(hop.getByRole('paragraph').allTextContents()).resolves.toEqual([
      '⚠ gateway → audit: 12 calls arrived, 0 in a trace: gateway does not pass the trace header on.',
      'Have gateway start its telemetry: google_cloud_run_v2_service.gateway. The newest of them',
    ]);
    await hop.getByRole('link').click();
    await page.getByRole('treegrid').waitFor();
    expect(page.url()).toBe(cloud.at(`#/trace/${TRACE_ID}`));
  });

  test('says which grants nobody has used', async () => {
    const page = await browser.open(cloud.at('#/graph'));
    await expect(page.locator('main').textContent()).resolves.toContain(
      'Granted, but no call was seen: storage-local → documents.',
    );
  });
});
