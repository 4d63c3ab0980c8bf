import { DeploymentEnvironment } from '../../constructs';
import type { ResourceType } from '../../local/terraform/resource-type';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { everyOption } from '../helpers/every-option';
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
  const workspace = await TerraformWorkspace.open({ products: {}, resourceTypes });
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

  test('keeps its Terraform addresses, because another address is a replaced resource', () => {
    expect(Object.keys(synthesized.resources).toSorted()).toMatchInlineSnapshot(`
      [
        "google_cloud_run_v2_service.gateway",
        "google_cloud_run_v2_service_iam_member.gateway_invoker-pxagtkip_14CCB607",
        "google_cloud_run_v2_service_iam_member.gateway_invokes-billing_EDFA9C47",
        "google_project_iam_member.gateway_trace-agent_18356EA1",
        "google_project_service.api-cloudresourcemanager",
        "google_project_service.api-cloudtrace",
        "google_project_service.api-iam",
        "google_project_service.api-logging",
        "google_project_service.api-run",
        "google_project_service.api-secretmanager",
        "google_project_service.api-storage",
        "google_secret_manager_secret.stripe-key",
        "google_secret_manager_secret_iam_member.gateway_secret-buwhbjer_18120806",
        "google_secret_manager_secret_iam_member.gateway_secret-ognzouxa_705B1679",
        "google_secret_manager_secret_iam_member.gateway_secret-xyrizlke_E70DFD85",
        "google_secret_manager_secret_version.version",
        "google_service_account.gateway_service-account_96C321E3",
        "google_storage_bucket.archive",
        "google_storage_bucket.gateway_bucket-documents_1783234D",
        "google_storage_bucket_iam_member.gateway_bucket-documents_object-user_6E2B2900",
        "google_storage_bucket_iam_member.gateway_object-viewer-innsmzbc_305260A1",
      ]
    `);
  });

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
