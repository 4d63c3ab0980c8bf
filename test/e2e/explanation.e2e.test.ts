import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../../local/control/control-client';
import { iamResourceName } from '../../local/run/service-spec';
import { bucketIamName } from '../../local/storage/access';
import type { Explanation } from '../../local/trace/explanation';
import { DeployedPipeline } from '../helpers/deployed-pipeline';

let pipeline: DeployedPipeline;
beforeAll(async () => {
  pipeline = await DeployedPipeline.start();
}, 90_000);
afterAll(async () => {
  await pipeline.dispose();
});

async function explanationOf(response: Response): Promise<Explanation> {
  const { traceId } = await pipeline.traceOf(response);
  return await new ControlClient(pipeline.cloud.url).explanation(traceId);
}

function deployed(name: string): ReturnType<typeof pipeline.cloud.products.run.list>[number] {
  const found = pipeline.cloud.products.run.list().find(({ spec }) => spec.name === `${name}-local`);
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

/** The process of a service's container, by the variable that Cloud Run gives it. */
function containerOf(name: string): number {
  const file = join(pipeline.cloud.dataDirectory, 'run', 'instances.json');
  const instances: { pid: number }[] = JSON.parse(readFileSync(file, 'utf8'));
  const found = instances.find(({ pid }) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`K_SERVICE=${name}-local`),
  );
  if (!found) throw new Error(`no container of ${name} runs`);
  return found.pid;
}

describe('the explanation of a request to the deployed pipeline', () => {
  test('names the grant that is missing, the account it is for and the service of the stack', async () => {
    // GIVEN
    const { iam } = pipeline.cloud.products;
    const { serviceAccount } = deployed('processor').spec.template;
    const resource = iamResourceName(deployed('storage').spec);
    iam.removeMember(resource, 'roles/run.invoker', `serviceAccount:${serviceAccount}`);
    // WHEN
    const response = await pipeline.process('some text');
    iam.addMember(resource, 'roles/run.invoker', `serviceAccount:${serviceAccount}`);
    // THEN
    const explanation = await explanationOf(response);
    expect(explanation).toMatchObject({
      cause: 'missing-grant',
      resource: 'google_cloud_run_v2_service.storage',
    });
    expect(explanation.paragraph).toContain(
      `with roles/run.invoker for serviceAccount:${serviceAccount} on google_cloud_run_v2_service.storage (construct document-pipeline-local/storage).`,
    );
  }, 60_000);

  test('names the bucket that refuses', async () => {
    // GIVEN
    const { iam, storage } = pipeline.cloud.products;
    const { serviceAccount } = deployed('storage').spec.template;
    const [bucket] = storage.buckets();
    const resource = bucketIamName(bucket?.record.name ?? '');
    iam.removeMember(resource, 'roles/storage.objectUser', `serviceAccount:${serviceAccount}`);
    // WHEN
    const response = await pipeline.process('some text');
    iam.addMember(resource, 'roles/storage.objectUser', `serviceAccount:${serviceAccount}`);
    // THEN
    const explanation = await explanationOf(response);
    expect(explanation.cause).toBe('missing-grant');
    expect(explanation.resource).toMatch(/^google_storage_bucket\.storage_bucket-documents_/);
  }, 60_000);

  test('names who gave up after which deadline when a service does not answer', async () => {
    // GIVEN
    const pid = containerOf('storage');
    process.kill(pid, 'SIGSTOP');
    // WHEN
    const response = await pipeline.process('some text');
    process.kill(pid, 'SIGCONT');
    // THEN
    expect(response.status).toBe(504);
    const { paragraph } = await explanationOf(response);
    expect(paragraph).toContain(': processor gave up after its deadline of 5,000 ms for storage. ');
  }, 60_000);
});
