import { DeploymentEnvironment } from '../../constructs';
import type { ResourceType } from '../../local/terraform/resource-type';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { synth, testApp } from '../helpers/synth';
import { type Config, succeeded, TerraformWorkspace } from '../helpers/terraform';

/** A resource type with Google's schema and no behaviour: what it plans follows from the configuration alone. */
function schemaOnly(type: string): ResourceType<never> {
  const unused = (): never => {
    throw new Error(`${type} is only planned here`);
  };
  return { type, replaceOn: [], create: unused, read: unused, update: unused, delete: unused };
}

describe.each([
  DeploymentEnvironment.local(),
  DeploymentEnvironment.staging(),
  DeploymentEnvironment.production(),
])('the pipeline in $name', (environment) => {
  const { json, resources, terraform } = synth(
    new DocumentPipelineStack(testApp(), {
      environment,
      projectId: 'local-document-pipeline',
      region: 'europe-west1',
      notificationEmail: 'on-call@example.com',
    }),
  );
  const addresses = Object.keys(resources);
  const types = new Set(addresses.map((address) => address.replace(/\..*/, '')));
  const config: Config = JSON.parse(json);

  let workspace: TerraformWorkspace;
  beforeAll(async () => {
    const resourceTypes = [...types].filter((type) => type.startsWith('google_')).map(schemaOnly);
    workspace = await TerraformWorkspace.open({ products: {}, resourceTypes });
    await workspace.configure({
      ...config,
      terraform: { required_providers: terraform['required_providers'] },
    });
  });
  afterAll(() => workspace.dispose());

  test("is what Terraform and Google's schemas take", async () => {
    expect(succeeded(await workspace.validate()).diagnostics).toEqual([]);
  });

  test('is planned as it was synthesized, and nothing waits for itself', async () => {
    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual(Object.fromEntries(addresses.map((address) => [address, 'create'])));
  });
});
