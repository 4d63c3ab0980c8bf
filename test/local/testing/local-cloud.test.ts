import { existsSync } from 'node:fs';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, GcsBackend, TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import { DeployError, LocalCloud } from '../../../local/testing';
import { type HelloOutputs, HelloStack } from './hello-stack';

const PROVIDER = { project: 'local-hello', region: 'europe-west1' };
/** Of a bucket that follows the policy. */
const BUCKET = { name: 'local-hello-archive', location: 'EUROPE-WEST1' };

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await LocalCloud.start();
});
afterAll(() => cloud.dispose());

async function failureOf(action: Promise<unknown>): Promise<Error> {
  return await action.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  );
}

describe('a stack with a service', () => {
  test('is deployed with its outputs, and the trace of an answer is whole', async () => {
    const { url } = await cloud.deploy<HelloOutputs>(new HelloStack());
    const response = await fetch(`${url}/greeting`);
    expect(await response.text()).toBe('hello\n');
    const trace = await cloud.traceOf(response);
    expect(trace).toBeOneTrace();
    expect(trace).toHaveSpan({
      service: 'hello',
      kind: 'server',
      attributes: { 'url.path': '/greeting', 'http.response.status_code': 200 },
    });
    expect(trace.logs.map(({ message }) => message)).toContain('saying hello');
  }, 60_000);

  test('is updated in place when it is deployed again, changed', async () => {
    const before = await cloud.deploy<HelloOutputs>(new HelloStack());
    const unchanged = await cloud.deploy<HelloOutputs>(new HelloStack());
    const after = await cloud.deploy<HelloOutputs>(new HelloStack({ env: { GREETING: 'hi' } }));
    expect(unchanged).toEqual(before);
    expect(after).toEqual({ ...before, revision: expect.stringContaining('/revisions/hello-local-00002-') });
  }, 60_000);

  test('is deployed as often as wanted at the same time, each time to a cloud of its own', async () => {
    const { url } = await cloud.deploy<HelloOutputs>(new HelloStack());
    const other = await LocalCloud.start();
    try {
      const { url: otherUrl } = await other.deploy<HelloOutputs>(new HelloStack());
      expect(otherUrl).not.toBe(url);
      const trace = await cloud.traceOf(await fetch(url));
      expect(trace).toBeOneTrace();
      const elsewhere = await other.traceOf(await fetch(url), { timeoutMs: 1 });
      expect(elsewhere.spans).toEqual([]);
      expect(elsewhere).not.toBeOneTrace();
    } finally {
      await other.dispose();
    }
  }, 60_000);

  test('that does not start fails the deploy with what Terraform and the container say', async () => {
    const failure = await failureOf(
      cloud.deploy(new HelloStack({ env: { NODE_OPTIONS: '--require=/no/such/module' } })),
    );
    expect(failure).toBeInstanceOf(DeployError);
    expect(failure.message).toMatch(/^terraform apply failed:\ngoogle_cloud_run_v2_service\.hello: /);
    expect(failure.message).toContain('/no/such/module');
    expect(failure).toMatchObject({
      diagnostics: [{ severity: 'error', address: 'google_cloud_run_v2_service.hello' }],
    });
  }, 60_000);
});

describe('a stack', () => {
  test('that cdktf refuses is refused with the same message', async () => {
    const [stack, same] = [new HelloStack(), new HelloStack()];
    for (const { node } of [stack, same])
      node.addValidation({ validate: () => ['hello is not what we say'] });
    const { message } = await failureOf(cloud.deploy(stack));
    expect(message).toContain('[hello] hello is not what we say');
    expect(() => App.of(same).synth()).toThrow(new Error(message));
  });

  test('that the policy refuses is refused with what to write', async () => {
    const stack = new HelloStack();
    new StorageBucket(stack, 'archive', BUCKET);
    await expect(cloud.deploy(stack)).rejects.toThrow(/\[hello\/archive\] bucket-uniform-access: /);
  });

  test('of a real project is refused', async () => {
    const failure = await failureOf(cloud.deploy(new HelloStack({ project: 'my-project-123' })));
    expect(failure).toBeInstanceOf(DeployError);
    expect(failure.message).toContain('Projects of the local cloud have ids that start with "local-".');
  }, 30_000);

  test('gets values of its variables, and gives sensitive outputs too', async () => {
    const stack = new TerraformStack(Testing.app(), 'variables');
    const token = new TerraformVariable(stack, 'token', { type: 'string', sensitive: true });
    const labels = new TerraformVariable(stack, 'labels', { type: 'map(string)' });
    new TerraformOutput(stack, 'said', { value: token.value, sensitive: true });
    new TerraformOutput(stack, 'team', { value: `\${${labels.fqn}["team"]}` });

    const missing = await failureOf(cloud.deploy(stack));
    expect(missing.message).toContain('No value for required variable');
    const variables = { token: 'xoxb-1', labels: { team: 'search' } };
    expect(await cloud.deploy(stack, { variables })).toEqual({ said: 'xoxb-1', team: 'search' });
  }, 30_000);

  test('keeps its state in the cloud, whatever its backend is, also for the stacks that refer to it', async () => {
    const app = Testing.app();
    const first = new TerraformStack(app, 'first');
    new GcsBackend(first, { bucket: 'my-terraform-state' });
    new GoogleProvider(first, 'google', PROVIDER);
    const bucket = new StorageBucket(first, 'archive', BUCKET);
    const second = new TerraformStack(app, 'second');
    new TerraformOutput(second, 'archive', { value: bucket.url });

    await cloud.deploy(first);
    expect(await cloud.deploy(second)).toEqual({ archive: 'gs://local-hello-archive' });
    expect(['first', 'second'].filter((id) => existsSync(`terraform.${id}.tfstate`))).toEqual([]);
  }, 30_000);

  test('needs Terraform, and the error says where to get it', async () => {
    process.env['TERRAFORM_BINARY_NAME'] = '/no/such/terraform';
    try {
      await expect(cloud.deploy(new HelloStack())).rejects.toThrow(
        "'/no/such/terraform version' does not run; install Terraform 1.5 or newer",
      );
    } finally {
      delete process.env['TERRAFORM_BINARY_NAME'];
    }
  });

  test('is no longer deployed when the cloud is disposed of', async () => {
    const other = await LocalCloud.start();
    const deploy = failureOf(other.deploy(new HelloStack()));
    await other.dispose();
    expect(await deploy).toEqual(new DeployError('the cloud was disposed of during the deploy', []));
  });
});

test('only what a service of the cloud has answered has a trace', async () => {
  const response = await fetch(cloud.url);
  await expect(cloud.traceOf(response)).rejects.toThrow('the response has no header X-Cloud-Trace-Context');
});
