import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const cdktf = require.resolve('cdktf-cli/bundle/bin/cdktf');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-synth-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The specifier of a module of this project. */
function fromRoot(path: string): string {
  return JSON.stringify(join(root, path));
}

/** Runs the real `cdktf synth` on the staging pipeline after some more statements about `pipeline`. */
async function cdktfSynth(statements: string): Promise<{ exitCode: number; output: string }> {
  writeFileSync(
    join(directory, 'main.ts'),
    `import { App } from ${fromRoot('node_modules/cdktf')};
     import { CloudRunPolicy, DeploymentEnvironment } from ${fromRoot('constructs')};
     import { DocumentPipelineStack } from ${fromRoot('stacks/document-pipeline-stack')};
     const app = new App();
     const pipeline = new DocumentPipelineStack(app, {
       environment: DeploymentEnvironment.staging(),
       projectId: 'my-project-123',
       region: 'europe-west1',
       notificationEmail: 'on-call@example.com',
     });
     const at = (path) => pipeline.node.findAll().find(({ node }) => node.path.endsWith(path));
     ${statements}
     app.synth();`,
  );
  const app = `"${process.execPath}" --import "${require.resolve('tsx')}" main.ts`;
  writeFileSync(
    join(directory, 'cdktf.json'),
    JSON.stringify({ language: 'typescript', app, projectId: 'test' }),
  );
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cdktf, 'synth'],
      { cwd: directory, env: { ...process.env, CI: 'true', CHECKPOINT_DISABLE: '1' } },
      (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, output: `${stdout}\n${stderr}` }),
    );
  });
}

test('cdktf synth stops at what breaks a rule, prints all of it, and writes no stack', async () => {
  const { exitCode, output } = await cdktfSynth(`
    at('/gateway/Default').addOverride('template.service_account', undefined);
    at('/bucket-documents/Default').addOverride('location', 'US-CENTRAL1');
  `);
  expect(exitCode).toBe(1);
  // cdktf prints what the app wrote to stderr on both of its own streams.
  const lines = new Set(output.split('\n').map((line) => line.trim()));
  expect([...lines].filter((line) => line.startsWith('[document-pipeline-staging/'))).toEqual([
    '[document-pipeline-staging/gateway/Default] own-service-account: serviceAccount is left out, so it runs as the ' +
      'default account; make a google_service_account for this service, and write serviceAccount: account.email',
    '[document-pipeline-staging/storage/bucket-documents/object-user] bucket-co-located: ' +
      'google_storage_bucket.storage_bucket-documents_A4421C60 is in US-CENTRAL1, and ' +
      "google_cloud_run_v2_service.storage uses it from europe-west1; write location: 'EUROPE-WEST1'; " +
      'a location cannot be changed, so copy the objects first',
  ]);
  expect(existsSync(join(directory, 'cdktf.out/stacks/document-pipeline-staging/cdk.tf.json'))).toBe(false);
}, 60_000);

test('cdktf synth prints warnings and waivers, and writes the stack', async () => {
  const { exitCode, output } = await cdktfSynth(`
    at('/storage/Default').addOverride('template.containers.0.resources.cpu_idle', true);
    at('/bucket-documents/Default').addOverride('location', 'US-CENTRAL1');
    CloudRunPolicy.waive(at('/bucket-documents'), 'bucket-co-located', { reason: 'moves to Europe in March' });
  `);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  expect(output).toContain(
    "INFO [document-pipeline-staging/storage/bucket-documents]: policy waived: 'bucket-co-located' for 1 finding, " +
      'because: moves to Europe in March',
  );
  expect(output).toMatch(
    /WARN \[document-pipeline-staging\/storage\/Default\]: cpu-after-answer: cpuIdle is true/,
  );
  expect(existsSync(join(directory, 'cdktf.out/stacks/document-pipeline-staging/cdk.tf.json'))).toBe(true);
}, 60_000);
