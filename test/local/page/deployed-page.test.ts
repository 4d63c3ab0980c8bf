import type { GraphEdge, ServiceGraph } from '../../../local/control/service-graph';
import { iamResourceName } from '../../../local/run/service-spec';
import { DeployedPipeline } from '../../helpers/deployed-pipeline';
import { Browser } from './browser';

let pipeline: DeployedPipeline;
let browser: Browser;
let traceId: string;
beforeAll(async () => {
  browser = await Browser.launch();
  pipeline = await DeployedPipeline.start();
  ({ traceId } = await pipeline.traceOf(await pipeline.process('A document of a few words.')));
}, 90_000);
afterAll(async () => {
  await browser.dispose();
  await pipeline.dispose();
});

async function edges(): Promise<Record<string, GraphEdge>> {
  const graph: ServiceGraph = JSON.parse(await (await fetch(`${pipeline.cloud.url}/graph`)).text());
  return Object.fromEntries(graph.edges.map((edge) => [`${edge.from} ${edge.to}`, edge]));
}

/** The bucket that the stack has made. */
function bucket(): string {
  return pipeline.cloud.products.storage.buckets()[0]?.record.name ?? '';
}

describe('the page of the deployed pipeline', () => {
  test('lists the trace of a document and leads to its waterfall, down to the bucket', async () => {
    const page = await browser.open(pipeline.cloud.url);
    await page.locator(`a[href="#/trace/${traceId}"]`).click();
    const grid = page.getByRole('treegrid');
    for (const service of ['gateway', 'processor', 'storage']) {
      await grid.getByRole('row').filter({ hasText: service }).first().waitFor();
    }
    const peers = await grid.locator('.row.peer .text').allTextContents();
    expect(new Set(peers)).toEqual(new Set([`bucket ${bucket()} in EUROPE-WEST1`]));
    await page.getByLabel('Search in this trace').fill('document stored');
    await page.getByText('1 found').waitFor();
  });

  test('asks nobody but the cloud for anything', () => {
    expect(browser.requests).not.toEqual([]);
    expect(browser.requests.filter((url) => !url.startsWith(`${pipeline.cloud.url}/`))).toEqual([]);
  });
});

describe('the graph of the deployed pipeline', () => {
  test('has an edge for each grant, with its deadline and how often it was used', async () => {
    const found = await edges();
    expect(Object.keys(found).toSorted()).toEqual(
      [
        'outside gateway-local',
        'gateway-local processor-local',
        'processor-local storage-local',
        `storage-local ${bucket()}`,
      ].toSorted(),
    );
    for (const edge of Object.values(found)) expect(edge).toMatchObject({ granted: true, refused: 0 });
    expect(found['gateway-local processor-local']).toMatchObject({
      calls: 1,
      traced: 1,
      deadlineMs: 10_000,
    });
    // The original and its record.
    expect(found[`storage-local ${bucket()}`]).toMatchObject({ calls: 2, traced: 2 });
    for (const edge of Object.values(found)) expect(edge).not.toHaveProperty('lost');
  });

  test('says of a refused call which grant the stack lacks', async () => {
    // GIVEN
    const { iam, run } = pipeline.cloud.products;
    const specOf = (name: string) => run.list().find(({ spec }) => spec.name === name)?.spec;
    const processor = specOf('processor-local');
    const gateway = specOf('gateway-local');
    if (!processor || !gateway) throw new Error('the pipeline is not deployed');
    const member = `serviceAccount:${gateway.template.serviceAccount}`;
    iam.removeMember(iamResourceName(processor), 'roles/run.invoker', member);
    // WHEN
    const response = await pipeline.process('A document of a few words.');
    expect(response.status).toBe(502);
    await pipeline.traceOf(response);
    // THEN
    expect((await edges())['gateway-local processor-local']).toMatchObject({
      granted: false,
      calls: 2,
      traced: 2,
      refused: 1,
      missingGrant: {
        resourceType: 'google_cloud_run_v2_service_iam_member',
        on: 'processor-local',
        role: 'roles/run.invoker',
        member,
      },
    });
    const page = await browser.open(`${pipeline.cloud.url}/#/graph`);
    await page.getByRole('link', { name: '1 refused, not granted' }).waitFor();
    iam.addMember(iamResourceName(processor), 'roles/run.invoker', member);
  });

  test('says of a request from outside that a private service has refused it', async () => {
    const response = await fetch(`${pipeline.uriOf('storage')}/documents/1`);
    expect(response.status).toBe(403);
    expect((await edges())['outside storage-local']).toMatchObject({
      granted: false,
      calls: 1,
      refused: 1,
      missingGrant: { member: 'allUsers' },
    });
  });
});
