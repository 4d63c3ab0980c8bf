import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformOutput, TerraformStack, Testing } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, DeploymentEnvironment, ServiceCode, TracedCloudRunService } from '../../constructs';
import { LocalCloud } from '../../local/testing';

/** The stack of the README's example of one service, for any project and environment. */
class HelloStack extends TerraformStack {
  constructor(scope: Construct, id: string, project: string, environment: DeploymentEnvironment) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project, region: 'europe-west1' });
    const hello = new TracedCloudRunService(this, 'hello', {
      environment,
      code: ServiceCode.fromDirectory(join(__dirname, 'hello')),
      access: Access.public({ reason: 'says hello to anybody' }),
    });
    new TerraformOutput(this, 'url', { value: hello.uri });
  }
}

/** The README's example of a test. */
// README
let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await LocalCloud.start();
});
afterAll(() => cloud.dispose());

test('saying hello is one trace', async () => {
  const stack = new HelloStack(Testing.app(), 'hello', 'local-hello', DeploymentEnvironment.local());
  const { url } = await cloud.deploy<{ readonly url: string }>(stack);

  const trace = await cloud.traceOf(await fetch(`${url}/greeting`));

  expect(trace).toBeOneTrace();
  expect(trace).toHaveSpan({ service: 'hello', kind: 'server', attributes: { 'url.path': '/greeting' } });
  expect(trace).not.toHaveSpan({ status: 'error' });
}, 60_000);
