import { DeploymentEnvironment } from '../../constructs';
import type { ResourceType } from '../../local/terraform/resource-type';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { everyOption, VARIABLES } from '../helpers/every-option';
import { synth, type Synthesized, testApp } from '../helpers/synth';
import { type Config, succeeded, TerraformWorkspace } from '../helpers/terraform';

/** A resource type with Google's schema and no behaviour: what it plans follows from the configuration alone. */
function schemaOnly(type: string): ResourceType<never> {
  const unused = (): never => {
    throw new Error(`${type} is only planned here`);
  };
  return { type, replaceOn: [], create: unused, read: unused, update: unused, delete: unused };
}

/** A stack with the schemas of the resource types in it. */
async function openWorkspace({ json, resources, terraform }: Synthesized): Promise<TerraformWorkspace> {
  const types = new Set(Object.keys(resources).map((address) => address.replace(/\..*/, '')));
  const resourceTypes = [...types].filter((type) => type.startsWith('google_')).map(schemaOnly);
  const workspace = await TerraformWorkspace.open({ products: {}, resourceTypes, env: VARIABLES });
  const config: Config = JSON.parse(json);
  await workspace.configure({
    ...config,
    terraform: { required_providers: terraform['required_providers'] },
  });
  return workspace;
}

describe.each([
  DeploymentEnvironment.local(),
  DeploymentEnvironment.staging(),
  DeploymentEnvironment.production(),
])('the pipeline in $name', (environment) => {
  const synthesized = synth(
    new DocumentPipelineStack(testApp(), {
      environment,
      projectId: 'local-document-pipeline',
      region: 'europe-west1',
      notificationEmail: 'on-call@example.com',
    }),
  );
  const addresses = Object.keys(synthesized.resources);

  let workspace: TerraformWorkspace;
  beforeAll(async () => {
    workspace = await openWorkspace(synthesized);
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

describe('a service with every option', () => {
  const synthesized = synth(everyOption());

  let workspace: TerraformWorkspace;
  beforeAll(async () => {
    workspace = await openWorkspace(synthesized);
  });
  afterAll(() => workspace.dispose());

  test("is what Terraform and Google's schemas take, and is planned as it was synthesized", async () => {
    expect(succeeded(await workspace.validate()).diagnostics).toEqual([]);
    const { actions, planned } = succeeded(await workspace.plan());
    expect(Object.keys(actions).toSorted()).toEqual(Object.keys(synthesized.resources).toSorted());
    expect(planned['google_cloud_run_v2_service.gateway']).toMatchObject({
      binary_authorization: [{ use_default: true }],
      traffic: [{ percent: 10, tag: 'canary' }, { percent: 90 }],
      template: [
        {
          execution_environment: 'EXECUTION_ENVIRONMENT_GEN2',
          vpc_access: [
            {
              egress: 'ALL_TRAFFIC',
              network_interfaces: [{ subnetwork: 'apps' }],
            },
          ],
          containers: [
            {
              name: 'service',
              depends_on: ['collector'],
              working_dir: '/app',
              ports: [{ container_port: 3000 }],
            },
            { name: 'collector' },
            { name: 'shipper', depends_on: ['service', 'collector'] },
          ],
        },
      ],
    });
  });
});
