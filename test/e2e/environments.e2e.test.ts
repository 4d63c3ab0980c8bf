import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'cdktf';
import { DeploymentEnvironment } from '../../constructs';
import { Cleanup } from '../../local/cleanup';
import { LocalCloud } from '../../local/local-cloud';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { applyAndSettle, type Config, succeeded, TerraformWorkspace } from '../helpers/terraform';

const PROJECT = 'local-document-pipeline';
const SERVICES = ['gateway', 'processor', 'storage'].map((id) => `google_cloud_run_v2_service.${id}`);
const BUCKET = 'google_storage_bucket.storage_bucket-documents_A4421C60';

const cleanup = new Cleanup();
let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await LocalCloud.start();
  cleanup.defer(() => cloud.dispose());
});
afterAll(() => cleanup.run());

/** The pipeline as `cdktf synth` writes it, in a directory of its own with a state of its own. */
async function open(
  environment: DeploymentEnvironment,
): Promise<{ workspace: TerraformWorkspace; config: Config }> {
  const app = new App({ outdir: join(cloud.dataDirectory, environment.name) });
  const stack = new DocumentPipelineStack(app, {
    environment,
    projectId: PROJECT,
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
  });
  app.synth();
  const synthesized = join(app.outdir, 'stacks', stack.node.id);
  const { terraform, ...rest } = JSON.parse(readFileSync(join(synthesized, 'cdk.tf.json'), 'utf8'));

  const { TF_REATTACH_PROVIDERS: reattach = '', LOCAL_CLOUD_REGISTRY = '' } = cloud.terraformEnvironment({});
  const workspace = await TerraformWorkspace.open({ reattach, env: { LOCAL_CLOUD_REGISTRY } });
  cleanup.defer(() => workspace.dispose());
  await cp(join(synthesized, 'assets'), join(workspace.directory, 'assets'), { recursive: true });
  return { workspace, config: { ...rest, terraform: { required_providers: terraform.required_providers } } };
}

function unprotected(config: Config): Config {
  return JSON.parse(
    JSON.stringify(config)
      .replaceAll('"deletion_protection":true', '"deletion_protection":false')
      .replaceAll('"prevent_destroy":true', '"prevent_destroy":false')
      .replaceAll('"force_destroy":false', '"force_destroy":true'),
  );
}

/** What is left of the pipeline in the cloud. */
function left(): unknown[] {
  const { run, storage, iam, monitoring, logMetrics } = cloud.products;
  const services = [run.list(), storage.buckets(), iam.serviceAccounts()];
  return [...services, monitoring.alertPolicies(), logMetrics.list(PROJECT)].flat();
}

async function processDocument(workspace: TerraformWorkspace): Promise<number> {
  const { gateway_url } = await workspace.outputs();
  const headers = { 'content-type': 'text/plain' };
  const answer = await fetch(`${String(gateway_url)}/process`, {
    method: 'POST',
    headers,
    body: 'Some text.',
  });
  return answer.status;
}

test.each([DeploymentEnvironment.local(), DeploymentEnvironment.staging()])(
  'the pipeline in $name is deployed, works, has nothing to do the second time, and leaves nothing behind',
  async (environment) => {
    const { workspace, config } = await open(environment);
    await applyAndSettle(workspace, config);
    expect(await processDocument(workspace)).toBe(201);
    succeeded(await workspace.destroy());
    expect(left()).toEqual([]);
  },
  120_000,
);

test('the pipeline in production is deployed, works, has nothing to do the second time, and is destroyed in two steps only', async () => {
  const { workspace, config } = await open(DeploymentEnvironment.production());
  await applyAndSettle(workspace, config);
  expect(await processDocument(workspace)).toBe(201);

  const deployed = await workspace.state();
  const { diagnostics } = await workspace.destroy();
  expect(diagnostics).toMatchObject([{ severity: 'error', summary: 'Instance cannot be destroyed' }]);
  expect(await workspace.state()).toEqual(deployed);

  // As after `deletionProtection: false`, and another environment for the bucket that holds documents.
  await workspace.configure(unprotected(config));
  const { actions } = succeeded(await workspace.plan());
  expect(actions).toEqual(Object.fromEntries([...SERVICES, BUCKET].map((address) => [address, 'update'])));
  succeeded(await workspace.applyPlanned());
  succeeded(await workspace.destroy());
  expect(left()).toEqual([]);
}, 120_000);
