import type { ServiceGraph } from '../../../local/control/service-graph';
import { readScenario } from '../../../local/commands/scenario-file';
import { DeployedPipeline } from '../../helpers/deployed-pipeline';
import { Browser } from './browser';

let pipeline: DeployedPipeline;
let browser: Browser;
/** Of the gateway, and of what the processor's call began. */
let [ofGateway, ofStorage] = ['', ''];
beforeAll(async () => {
  browser = await Browser.launch();
  pipeline = await DeployedPipeline.start({ deployment: readScenario('lost-header', process.cwd()) });
  ofGateway = (await pipeline.traceOf(await pipeline.process('A document of a few words.'))).traceId;
  const [arrived] = pipeline.cloud.logs
    .list({ service: 'storage-local' })
    .filter(({ log }) => log === 'requests');
  ofStorage = arrived?.traceId ?? '';
  await pipeline.cloud.waitForTrace(ofStorage, { timeoutMs: 20_000 });
}, 90_000);
afterAll(async () => {
  await browser.dispose();
  await pipeline.dispose();
});

describe('the page of a pipeline whose processor does not pass the trace header on', () => {
  test('reports the hop in the graph, by name, with what to change', async () => {
    const graph: ServiceGraph = JSON.parse(await (await fetch(`${pipeline.cloud.url}/graph`)).text());
    expect(graph.edges.find(({ to }) => to === 'storage-local')).toMatchObject({
      from: 'processor-local',
      granted: true,
      calls: 1,
      traced: 0,
      lost: [{ resource: 'google_cloud_run_v2_service.processor', traceId: ofStorage }],
    });

    const page = await browser.open(`${pipeline.cloud.url}/#/graph`);
    await page.getByText('⚠ 1 ×, 0 traced').first().waitFor();
    const hop = page.getByRole('region', { name: 'Missing in traces, processor-local to storage-local' });
    await expect(hop.getByRole('paragraph').allTextContents()).resolves.toEqual([
      '⚠ processor → storage: 1 call arrived, 0 in a trace: processor does not pass the trace header on.',
      'OTEL_SDK_DISABLED is true in its environment, which turns its telemetry off: take that out of ' +
        'google_cloud_run_v2_service.processor (construct lost-header/processor). ' +
        'The newest of them',
    ]);
  });

  test('leads from the trace that ends early to the one that has the rest, and back', async () => {
    const page = await browser.open(`${pipeline.cloud.url}/#/trace/${ofGateway}`);
    const explanation = page.getByRole('region', { name: 'Explanation' });
    await expect(explanation.textContent()).resolves.toContain(
      'processor gets the trace header and sends no spans.',
    );
    await explanation.getByRole('link', { name: ofStorage.slice(0, 8) }).click();
    await page.getByText(ofStorage, { exact: true }).waitFor();
    await expect(explanation.textContent()).resolves.toContain(
      'processor called storage without the trace header, so Cloud Run began this trace in the middle of a request',
    );
    await explanation.getByRole('link', { name: ofGateway.slice(0, 8) }).click();
    await page.getByText(ofGateway, { exact: true }).waitFor();
  });
});
