import { ProjectCopy } from '../helpers/project-copy';

let project: ProjectCopy;
beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(async () => {
  await project.dispose();
});

/** Plays a scenario to its end and returns what it printed; exit code 0 says that it went as its file says. */
async function play(name: string): Promise<string> {
  const start = project.npm('start', '--silent', '--', '--port', '0', '--once', '--scenario', name);
  const { exitCode, text } = await start.ended;
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
  return text;
}

describe('npm start -- --scenario', () => {
  test('wrong-region: refused at synth, overruled, 504, an alert, and the bucket named as the cause', async () => {
    const text = await play('wrong-region');
    expect(text).toMatch(/✔ synth +refused: TCR029 at wrong-region\/storage: .*AUSTRALIA-SOUTHEAST1/);
    expect(text).toMatch(/✔ requests POST \S+\/process: 504 4 times/);
    expect(text).toMatch(/! alert +gateway-local: error budget of its availability is going/);
    // Nothing is kept by the ratio of 0: it is all there because it failed.
    expect(text).toContain('gcs.upload documents/original');
    expect(text).toContain('777 ms on the way from europe-west1 to australia-southeast1');
    expect(text).toMatch(
      /^POST \/process answered 504 after .* gave up after its deadline of .* Bucket local-document-pipeline-sydney is in australia-southeast1 while storage runs in europe-west1/m,
    );
  }, 120_000);

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
