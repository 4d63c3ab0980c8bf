import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { ProjectIamBinding } from '@cdktf/provider-google/lib/project-iam-binding';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { ServiceAccountKey } from '@cdktf/provider-google/lib/service-account-key';
import { TerraformResource } from 'cdktf';
import { DeploymentEnvironment } from '../../../constructs';
import { POLICY_RULES, type PolicyRuleId } from '../../../constructs/policy';
import { DocumentPipelineStack } from '../../../stacks/document-pipeline-stack';
import { rulesIn, verdictOn } from '../../helpers/policy';
import { testApp } from '../../helpers/synth';

const SERVICE = 'google_cloud_run_v2_service';
const BUCKET = 'storage/bucket-documents/Default';

function pipelineIn(environment: DeploymentEnvironment): DocumentPipelineStack {
  return new DocumentPipelineStack(testApp(), {
    environment,
    projectId: environment.name === 'local' ? 'local-document-pipeline' : 'my-project-123',
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
  });
}

/** The resource of a construct of the pipeline. */
function at(pipeline: DocumentPipelineStack, path: string): TerraformResource {
  const construct = pipeline.node.findAll().find(({ node }) => node.path === `${pipeline.node.id}/${path}`);
  if (!(construct instanceof TerraformResource)) throw new Error(`no resource at ${path}`);
  return construct;
}

/** Overrides one attribute of a resource; undefined takes it out. */
function override(path: string, attribute: string, value: unknown) {
  return (pipeline: DocumentPipelineStack): void => at(pipeline, path).addOverride(attribute, value);
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly value_source?: unknown;
}

/** Overrides one environment variable of a service, the one called `name`, in what the stack synthesizes. */
function variable(service: string, name: string, change: Variable) {
  return (pipeline: DocumentPipelineStack): void => {
    const json: { resource: Record<string, Record<string, { template: Template }>> } = pipeline.toTerraform();
    const env = json.resource[SERVICE]?.[service]?.template.containers[0]?.env ?? [];
    const index = env.findIndex((variable) => variable.name === name);
    if (index < 0) throw new Error(`${service} has no ${name}`);
    for (const key of ['name', 'value', 'value_source'] as const) {
      pipeline.addOverride(
        `resource.${SERVICE}.${service}.template.containers.0.env.${index}.${key}`,
        change[key],
      );
    }
  };
}

interface Template {
  readonly containers: readonly { readonly env: readonly Variable[] }[];
}

const storageAccount = (pipeline: DocumentPipelineStack): string =>
  `serviceAccount:\${${at(pipeline, 'storage/service-account').fqn}.email}`;

/** A change to the pipeline for every rule, that the rule is there to catch. */
const MUTANTS: Readonly<Record<PolicyRuleId, (pipeline: DocumentPipelineStack) => void>> = {
  'own-service-account': override('gateway/Default', 'template.service_account', undefined),
  'no-broad-roles': override('storage/trace-agent', 'role', 'roles/editor'),
  'grants-on-resource': (pipeline) =>
    new ProjectIamMember(pipeline, 'storage-admin', {
      project: 'my-project-123',
      role: 'roles/storage.objectAdmin',
      member: storageAccount(pipeline),
    }),
  'no-service-account-keys': (pipeline) =>
    new ServiceAccountKey(pipeline, 'key', {
      serviceAccountId: 'storage@my-project-123.iam.gserviceaccount.com',
    }),
  'additive-iam': (pipeline) =>
    new ProjectIamBinding(pipeline, 'tracers', {
      project: 'my-project-123',
      role: 'roles/cloudtrace.agent',
      members: [storageAccount(pipeline)],
    }),
  'grants-before-start': (pipeline) => {
    at(pipeline, 'storage/Default').dependsOn = [];
  },
  'public-access-reason': (pipeline) =>
    new CloudRunV2ServiceIamMember(pipeline, 'everybody', {
      name: `\${${SERVICE}.processor.name}`,
      location: 'europe-west1',
      role: 'roles/run.invoker',
      member: 'allUsers',
    }),
  'stated-ingress': override('processor/Default', 'ingress', undefined),
  'secrets-by-reference': variable('processor', 'STORAGE_DEADLINE_MS', {
    name: 'GEMINI_API_KEY',
    value: 'not-a-real-key',
  }),
  'pinned-secret-version': variable('processor', 'STORAGE_DEADLINE_MS', {
    name: 'GEMINI_API_KEY',
    value_source: { secret_key_ref: { secret: 'gemini', version: 'latest' } },
  }),
  'immutable-image': override(
    'processor/Default',
    'template.containers.0.image',
    'docker.io/library/nginx:latest',
  ),
  'stated-limits': override('storage/Default', 'template.scaling.max_instance_count', undefined),
  'service-deletion-protection': override('gateway/Default', 'deletion_protection', false),
  'apis-stay-enabled': override('api-run', 'disable_on_destroy', undefined),
  'bucket-uniform-access': override(BUCKET, 'uniform_bucket_level_access', false),
  'bucket-public-access-prevention': override(BUCKET, 'public_access_prevention', 'inherited'),
  'bucket-versioning': override(BUCKET, 'versioning.enabled', false),
  'bucket-soft-delete': override(BUCKET, 'soft_delete_policy', undefined),
  'bucket-force-destroy': override(BUCKET, 'force_destroy', true),
  'bucket-co-located': override(BUCKET, 'location', 'US-CENTRAL1'),
  'bucket-single-region': override(BUCKET, 'location', 'EU'),
  'trace-agent-role': override('processor/trace-agent', 'role', 'roles/monitoring.metricWriter'),
  'unbroken-trace': variable('processor', 'OTEL_TRACES_EXPORTER', {
    name: 'OTEL_TRACES_EXPORTER',
    value: 'none',
  }),
  'stated-sampling': variable('storage', 'OTEL_TRACES_SAMPLER_ARG', { name: 'SAMPLER_ARG', value: '0.1' }),
  'one-sampling-policy': variable('storage', 'TRACED_KEEP_ERRORS', {
    name: 'TRACED_KEEP_ERRORS',
    value: 'false',
  }),
  'cpu-after-answer': override('gateway/Default', 'template.containers.0.resources.cpu_idle', true),
  'timeout-above-deadlines': override('gateway/Default', 'template.timeout', '10s'),
  'alert-applies-at-once': (pipeline) => {
    new LoggingMetric(pipeline, 'failures', { name: 'failures', filter: 'severity>=ERROR' });
    new MonitoringAlertPolicy(pipeline, 'failures-alert', {
      displayName: 'failures',
      combiner: 'OR',
      conditions: [
        {
          displayName: 'failures',
          conditionThreshold: {
            filter:
              'resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/failures"',
            comparison: 'COMPARISON_GT',
            duration: '60s',
          },
        },
      ],
    });
  },
  'bounded-metric-labels': override(
    'gateway/latency-alert/metric',
    'label_extractors.url',
    'EXTRACT(httpRequest.requestUrl)',
  ),
};

test('there is a mutant for every rule', () => {
  expect(Object.keys(MUTANTS).toSorted()).toEqual(POLICY_RULES.map(({ id }) => id).toSorted());
});

test.each([
  DeploymentEnvironment.local(),
  DeploymentEnvironment.staging(),
  DeploymentEnvironment.production(),
])('the pipeline in $name follows every rule, and waives none', (environment) => {
  expect(verdictOn(pipelineIn(environment))).toEqual({ errors: [], warnings: [], waived: [] });
});

test.each(Object.entries(MUTANTS))('%s catches a pipeline that was changed against it', (id, mutate) => {
  const pipeline = pipelineIn(DeploymentEnvironment.production());
  mutate(pipeline);
  expect(rulesIn(verdictOn(pipeline))).toContain(id);
});
