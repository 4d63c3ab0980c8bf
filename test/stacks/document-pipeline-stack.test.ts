import { DeploymentEnvironment, ImageBuilder } from '../../constructs';
import type { EnvironmentConfig } from '../../stacks/config';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { addresses, resource, synth, testApp, waitsFor } from '../helpers/synth';

const CONFIGS: Record<'local' | 'staging' | 'production', EnvironmentConfig> = {
  local: {
    environment: DeploymentEnvironment.local(),
    projectId: 'local-document-pipeline',
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
  },
  staging: {
    environment: DeploymentEnvironment.staging(),
    projectId: 'my-project-123',
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
  },
  production: {
    environment: DeploymentEnvironment.production(),
    projectId: 'my-project-123',
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
    stateBucket: 'my-project-123-state',
  },
};

function synthPipeline(config: EnvironmentConfig) {
  return synth(new DocumentPipelineStack(testApp(), config));
}

function serviceAddress(id: string): string {
  return `google_cloud_run_v2_service.${id}`;
}

/** Every name that is unique in a project, or in all of Google Cloud. */
function namesIn(config: EnvironmentConfig): string[] {
  const resources = Object.entries(synthPipeline(config).resources);
  return resources
    .filter(([address]) => !address.startsWith('google_project_service.'))
    .flatMap(([, { name, account_id, repository_id }]) => [name, account_id, repository_id])
    .filter((value): value is string => typeof value === 'string' && !value.includes('${'));
}

/** What builds the image of each service. */
function buildersIn(config: EnvironmentConfig): string[] {
  return [...synthPipeline(config).json.matchAll(/"IMAGE_BUILDER": "(.*)"/g)].map(([, name = '']) => name);
}

/** Bundles change with every change of a service; that is no change of the stack. */
function withoutHashes(json: string): string {
  return json
    .replaceAll(/(assets\/[\w-]+)\/[^/" ]+/g, '$1/HASH')
    .replaceAll(/(\/(?:gateway|processor|storage)):[\w.-]+/g, '$1:HASH');
}

describe.each([CONFIGS.local, CONFIGS.staging, CONFIGS.production])(
  'the pipeline in $environment.name',
  (config) => {
    test('is synthesized as it was', () => {
      expect(withoutHashes(synthPipeline(config).json)).toMatchSnapshot();
    });
  },
);

describe('the pipeline', () => {
  const synthesized = synthPipeline(CONFIGS.staging);
  const services = addresses(synthesized, 'google_cloud_run_v2_service');

  test('has the outputs that other programs ask for', () => {
    expect(synthesized.outputs).toEqual({
      gateway_url: { value: '${google_cloud_run_v2_service.gateway.uri}' },
      trace_explorer_link: {
        value: 'https://console.cloud.google.com/traces/explorer?project=my-project-123',
      },
      dashboard_link: {
        value: expect.stringMatching(
          /^https:\/\/console\.cloud\.google\.com\/monitoring\/dashboards\/builder\/\$\{.*\}\?project=my-project-123$/,
        ),
      },
      trace_budget: {
        value: expect.stringContaining(
          'gateway 1 requests/s x 9 spans x 100 %: 23.33 million spans and $4.17',
        ),
      },
      documents_bucket: { value: expect.stringMatching(/^\$\{google_storage_bucket\.storage_.*\.name\}$/) },
    });
  });

  test('is open to everybody at the gateway alone', () => {
    const invokers = addresses(synthesized, 'google_cloud_run_v2_service_iam_member').map((address) => {
      const { name, member } = synthesized.resources[address] ?? {};
      return `${String(member).replace(/_.*/, '')} -> ${String(name)}`;
    });
    const callers = invokers.map((invoker) => invoker.replace(/ -> .*/, ''));
    expect(callers.filter((caller) => caller === 'allUsers')).toHaveLength(1);
    expect(invokers).toEqual(
      expect.arrayContaining([
        'allUsers -> ${google_cloud_run_v2_service.gateway.name}',
        'serviceAccount:${google -> ${google_cloud_run_v2_service.processor.name}',
        'serviceAccount:${google -> ${google_cloud_run_v2_service.storage.name}',
      ]),
    );
  });

  test('deploys storage before processor before gateway, each after its own grants', () => {
    const gateway = waitsFor(synthesized, serviceAddress('gateway'));
    const processor = waitsFor(synthesized, serviceAddress('processor'));
    const storage = waitsFor(synthesized, serviceAddress('storage'));
    expect(gateway).toContain(serviceAddress('processor'));
    expect(processor).toContain(serviceAddress('storage'));
    expect(storage).not.toContain(serviceAddress('processor'));
    const grants = addresses(synthesized, 'google_project_iam_member');
    expect(grants).toHaveLength(services.length);
    expect([...gateway]).toEqual(expect.arrayContaining(grants));
    expect([...storage]).toEqual(
      expect.arrayContaining(addresses(synthesized, 'google_storage_bucket_iam_member')),
    );
  });

  test('tells the one who is on call, by mail, about everything', () => {
    expect(resource(synthesized, 'google_monitoring_notification_channel')).toMatchObject({
      display_name: 'document-pipeline-staging on-call',
      type: 'email',
      labels: { email_address: 'on-call@example.com' },
    });
    const policies = addresses(synthesized, 'google_monitoring_alert_policy');
    // Latency of each service, two objectives and an uptime check of the gateway, failures, no instance, spans.
    expect(policies).toHaveLength(3 + 2 + 1 + 2 + 1);
    for (const address of policies) {
      expect(synthesized.resources[address]?.['notification_channels']).toEqual([
        '${google_monitoring_notification_channel.on-call.id}',
      ]);
    }
  });

  test('has no name in common with another environment of the same project', () => {
    const staging = namesIn(CONFIGS.staging);
    const production = namesIn(CONFIGS.production);
    // Service, account and latency metric of three, the bucket and the repository; a service without alerts has no metric.
    expect(staging.length).toBeGreaterThanOrEqual(3 + 3 + 3 + 1 + 1);
    expect(staging.filter((name) => production.includes(name))).toEqual([]);
  });
});

test('the images of the pipeline are built as the configuration says', () => {
  const { staging } = CONFIGS;
  expect(new Set(buildersIn(staging))).toEqual(new Set(['cloud-build']));
  expect(new Set(buildersIn({ ...staging, imageBuilder: ImageBuilder.docker() }))).toEqual(
    new Set(['docker']),
  );
});

describe('the state of the pipeline', () => {
  test.each([
    ['the output directory for the local cloud', CONFIGS.local, { local: { path: 'terraform.tfstate' } }],
    [
      'a file beside cdktf.json without a state bucket',
      CONFIGS.staging,
      { local: { path: '../../../terraform.document-pipeline-staging.tfstate' } },
    ],
    [
      'the state bucket where there is one',
      CONFIGS.production,
      { gcs: { bucket: 'my-project-123-state', prefix: 'document-pipeline-production' } },
    ],
  ])('is in %s', (_, config, backend) => {
    expect(synthPipeline(config).terraform['backend']).toEqual(backend);
  });
});
