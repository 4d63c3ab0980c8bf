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

  test('lost-header: refused at synth, overruled, and the service named that does not pass the trace on', async () => {
    const text = await play('lost-header');
    expect(text).toMatch(
      /✔ synth +refused: \[lost-header\/processor\/Default\] unbroken-trace: .*; take OTEL_SDK_DISABLED=true out of its environment, which turns its telemetry off \(/,
    );
    expect(text).toMatch(/✔ requests POST \S+\/process: 201 4 times/);
    expect(text).toMatch(/✔ trace +complete/);
    expect(text).toMatch(
      /^POST \/process answered 201 after .*\. processor gets the trace header and sends no spans\. Meanwhile processor called storage without the trace header, in a trace of its own, [0-9a-f]{32}\. OTEL_SDK_DISABLED is true in its environment, .*google_cloud_run_v2_service\.processor \(construct lost-header\/processor\)\.$/m,
    );
  }, 120_000);

  test('says which scenarios there are', async () => {
    const { exitCode, text } = await project.npm('start', '--silent', '--', '--scenario', 'nowhere').ended;
    expect(exitCode).toBe(1);
    expect(text.trim()).toMatch(/^there is no scenario 'nowhere'; there are: .*wrong-region/);
  });
});
