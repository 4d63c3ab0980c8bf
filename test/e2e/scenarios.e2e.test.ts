import type { ServiceGraph } from '../../local/control/service-graph';
import { playScenario } from '../helpers/played-scenario';
import { ProjectCopy } from '../helpers/project-copy';
import { Browser } from '../local/page/browser';

let project: ProjectCopy;
let browser: Browser;
beforeAll(async () => {
  [project, browser] = await Promise.all([ProjectCopy.make(), Browser.launch()]);
});
afterAll(async () => {
  await browser?.dispose();
  await project?.dispose();
});

describe('npm start -- --scenario', () => {
  test('wrong-region: refused at synth, overruled, 504, an alert, and the bucket named as the cause', async () => {
    await playScenario(project, 'wrong-region', async ({ text, url, traceUrl }) => {
      // THEN it is told
      expect(text).toMatch(/✔ synth +refused: TCR029 at wrong-region\/storage: .*AUSTRALIA-SOUTHEAST1/);
      expect(text).toMatch(/✔ requests POST \S+\/process: 504 4 times/);
      expect(text).toMatch(/! alert +gateway-local: error budget of its availability is going/);
      // AND nothing is kept by the ratio of 0: it is all there because it failed
      expect(text).toContain('gcs.upload documents/original');
      expect(text).toContain('777 ms on the way from europe-west1 to australia-southeast1');
      const cause =
        'Bucket local-document-pipeline-sydney is in australia-southeast1 while storage runs in europe-west1';
      expect(text).toMatch(
        new RegExp(`^POST /process answered 504 after .* gave up after its deadline of .* ${cause}`, 'm'),
      );

      // AND it is on the page
      const page = await browser.open(traceUrl);
      await page.getByText(cause).waitFor();
      await page.getByRole('treegrid').getByRole('row').filter({ hasText: 'gcs.upload' }).first().waitFor();
      const alerts = await browser.open(`${url}#/alerts`);
      await alerts.getByText('gateway-local: error budget of its availability is going').waitFor();
    });
  }, 180_000);

  test('slow-model: every document is taken late, an alert, and the model named as the cause', async () => {
    await playScenario(project, 'slow-model', async ({ text, traceUrl }) => {
      // THEN it is told
      expect(text).toMatch(/✔ requests POST \S+\/process: 201 2 times/);
      expect(text).toMatch(/! alert +gateway-local: error budget of its latency is going/);
      // AND the trace shows who was waited for, and what was made of it
      expect(text).toContain('no summary from Gemini (deadline_exceeded');
      expect(text).toMatch(/^! Vertex AI .* generateContent gemini-2\.5-pro/m);
      expect(text).toContain('7608 ms to the first token, 122 tokens per second');
      const cause = 'The model gemini-2.5-pro had not answered when its time was over';
      expect(text).toMatch(
        new RegExp(`^POST /process answered 201 after .* gave up after its deadline of .* ${cause}`, 'm'),
      );

      // AND it is on the page
      const page = await browser.open(traceUrl);
      await page.getByText(cause).waitFor();
      await page.getByRole('treegrid').getByRole('row').filter({ hasText: 'Vertex AI' }).first().waitFor();
    });
  }, 180_000);

  test('lost-header: refused at synth, overruled, and the service named that does not pass the trace on', async () => {
    await playScenario(project, 'lost-header', async ({ text, url, traceUrl }) => {
      // THEN it is told
      expect(text).toMatch(
        /✔ synth +refused: \[lost-header\/processor\/Default\] unbroken-trace: .*; take OTEL_SDK_DISABLED=true out of its environment, which turns its telemetry off \(/,
      );
      expect(text).toMatch(/✔ requests POST \S+\/process: 201 4 times/);
      const silent = 'processor gets the trace header and sends no spans';
      const advice =
        'OTEL_SDK_DISABLED is true in its environment, which turns its telemetry off: take that out of ' +
        'google_cloud_run_v2_service.processor (construct lost-header/processor).';
      const told = new RegExp(
        `${silent}\\. Meanwhile processor called storage without the trace header, in .* ([0-9a-f]{32})\\. `,
      );
      expect(text).toMatch(told);
      expect(text).toContain(advice);
      const [, otherId = ''] = told.exec(text) ?? [];

      // AND the trace leads to the one that has the rest, and back
      const page = await browser.open(traceUrl);
      const explanation = page.getByRole('region', { name: 'Explanation' });
      await explanation.getByRole('link', { name: otherId.slice(0, 8) }).click();
      await page.getByText('so Cloud Run began this trace in the middle of a request').waitFor();
      await explanation.getByRole('link', { name: traceUrl.slice(-32).slice(0, 8) }).click();
      await page.getByText(silent).waitFor();

      // AND the graph reports the hop by name, with what to change
      await page.goto(`${url}#/graph`);
      const hop = page.getByRole('region', { name: 'Missing in traces, processor-local to storage-local' });
      await hop.waitFor();
      await expect(hop.getByRole('paragraph').allTextContents()).resolves.toEqual([
        '⚠ processor → storage: 4 calls arrived, 0 in a trace: processor does not pass the trace header on.',
        `${advice} The newest of them`,
      ]);
      const graph: ServiceGraph = JSON.parse(await (await fetch(`${url}graph`)).text());
      expect(graph.edges.find(({ to }) => to === 'storage-local')).toMatchObject({
        from: 'processor-local',
        calls: 4,
        traced: 0,
        lost: [{ resource: 'google_cloud_run_v2_service.processor', advice }],
      });
    });
  }, 180_000);

  test('says which scenarios there are', async () => {
    const { exitCode, text } = await project.npm('start', '--silent', '--', '--scenario', 'nowhere').ended;
    expect(exitCode).toBe(1);
    expect(text.trim()).toMatch(/^there is no scenario 'nowhere'; there are: .*wrong-region/);
  });
});
