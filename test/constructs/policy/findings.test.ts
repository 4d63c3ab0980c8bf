import { POLICY_RULES, type PolicyRuleId } from '../../../constructs/policy';
import type { Configuration } from '../../../constructs/policy/synthesized-stack';
import { verdictOnConfiguration } from '../../helpers/policy';

/** What is said of the failing example of each rule: the resource, what was found, what to write. */
const FINDINGS: Readonly<Record<PolicyRuleId, string>> = {
  'own-service-account':
    'google_cloud_run_v2_service.api: serviceAccount is left out, so it runs as the default ' +
    'account; make a google_service_account for this service, and write serviceAccount: ' +
    'account.email',
  'no-broad-roles':
    'google_project_iam_member.api: a service may use roles/editor everywhere; grant the ' +
    'narrowest predefined role, on the resource it is needed for',
  'grants-on-resource':
    'google_project_iam_member.api: roles/storage.objectUser is granted for the whole project; ' +
    'grant it on the one resource: google_storage_bucket_iam_member, ' +
    'google_cloud_run_v2_service_iam_member or google_secret_manager_secret_iam_member',
  'no-service-account-keys':
    'google_service_account_key.api: it makes a key; let the service run as the account, and ' +
    'others through workload identity federation',
  'additive-iam':
    'google_project_iam_binding.api: google_project_iam_binding removes the members it does not ' +
    'name; write one google_project_iam_member per member',
  'grants-before-start':
    'google_cloud_run_v2_service.api: it does not wait for google_project_iam_member.api, which ' +
    'grants roles/cloudtrace.agent to its account; add the grant to its dependsOn, for a ' +
    'TracedCloudRunService by service.startAfter(grant)',
  'public-access-reason':
    'google_cloud_run_v2_service_iam_member.public: it lets in allUsers; take it out, or say why ' +
    "in the service: access: Access.public({ reason: '...' }), in a service without it " +
    "description: 'Public: ...'",
  'stated-ingress':
    'google_cloud_run_v2_service.api: ingress is left out, so its URL can be reached from ' +
    "everywhere; write ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY', or another value where that is " +
    'meant',
  'secrets-by-reference':
    'google_cloud_run_v2_service.api: the variable DATABASE_PASSWORD holds a secret in clear ' +
    'text; write it as valueSource: { secretKeyRef: { secret, version } }',
  'pinned-secret-version':
    "google_cloud_run_v2_service.api: the variable STRIPE_KEY takes the version 'latest' of its " +
    "secret; write the number, such as version: '3'",
  'immutable-image':
    "google_cloud_run_v2_service.api: the image has the tag 'latest'; write its digest, such as " +
    "'api@sha256:...', or a tag of the commit",
  'stated-limits':
    'google_cloud_run_v2_service.api: left out: cpu, memory, max_instance_count; write scaling: ' +
    "{ maxInstanceCount: 10 } and resources: { cpuIdle: false, limits: { cpu: '1', memory: " +
    "'512Mi' } }",
  'service-deletion-protection':
    'google_cloud_run_v2_service.api: deletionProtection is false; write deletionProtection: ' +
    'true, or give service and policy an environment where everything may be destroyed',
  'apis-stay-enabled':
    'google_project_service.run: destroying it disables run.googleapis.com for the whole ' +
    "project; write disableOnDestroy: false, or use enableApi(this, '...')",
  'bucket-uniform-access':
    'google_storage_bucket.documents: uniformBucketLevelAccess is off; write ' +
    'uniformBucketLevelAccess: true',
  'bucket-public-access-prevention':
    'google_storage_bucket.documents: publicAccessPrevention is not enforced; write ' +
    "publicAccessPrevention: 'enforced'",
  'bucket-versioning':
    'google_storage_bucket.documents: old versions are never deleted; write lifecycleRule: [{ ' +
    "action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }]",
  'bucket-soft-delete':
    'google_storage_bucket.documents: softDeletePolicy is left out; write softDeletePolicy: { ' +
    'retentionDurationSeconds: 604800 } for a week, or 0 for not at all',
  'bucket-force-destroy':
    'google_storage_bucket.documents: forceDestroy is true; take it out, or give service and ' +
    'policy an environment where everything may be destroyed',
  'bucket-co-located':
    'google_storage_bucket_iam_member.api: google_storage_bucket.documents is in US-CENTRAL1, ' +
    'and google_cloud_run_v2_service.api uses it from europe-west1; write location: ' +
    "'EUROPE-WEST1'; a location cannot be changed, so copy the objects first",
  'bucket-single-region':
    'google_cloud_run_v2_service.api: google_storage_bucket.documents is in the multi-region EU, ' +
    'and google_cloud_run_v2_service.api uses it from europe-west1; write location: ' +
    "'EUROPE-WEST1' where its latency matters",
  'trace-agent-role':
    'google_cloud_run_v2_service.api: it sends its spans to Google, and ' +
    "google_service_account.api has no role to write them; grant 'roles/cloudtrace.agent' in the " +
    'project by a google_project_iam_member',
  'unbroken-trace':
    'google_cloud_run_v2_service.processor: google_cloud_run_v2_service.gateway, which is ' +
    'traced, calls it, and it has no telemetry; make it a TracedCloudRunService, or set up ' +
    'OpenTelemetry in it and write its OTEL_ variables',
  'stated-sampling':
    'google_cloud_run_v2_service.api: OTEL_TRACES_SAMPLER_ARG is left out; write sampling: ' +
    "Sampling.ratio(0.1), or both variables, such as 'parentbased_traceidratio' and '0.1'",
  'one-sampling-policy':
    'google_cloud_run_v2_service.processor: google_cloud_run_v2_service.gateway calls it and ' +
    'samples otherwise: OTEL_TRACES_SAMPLER_ARG is 0.5, there 0.1; give both the same Sampling',
  'cpu-after-answer':
    'google_cloud_run_v2_service.api: cpuIdle is true, and spans are still to be sent when the ' +
    'answer has gone; write cpuIdle as an option of TracedCloudRunService, or the variable ' +
    "TRACED_FLUSH: 'request'",
  'timeout-above-deadlines':
    'google_cloud_run_v2_service.api: STORAGE_DEADLINE_MS is 10000 ms, and the request timeout ' +
    'is over after 10 s; give the call less time, or the service more',
  'alert-applies-at-once':
    'google_monitoring_alert_policy.slow: it asks for google_logging_metric.slow before that ' +
    'exists for Monitoring; write the condition as conditionPrometheusQueryLanguage with ' +
    'disableMetricValidation: true',
  'bounded-metric-labels':
    "google_logging_metric.latency: the label 'label' is EXTRACT(httpRequest.requestUrl), which " +
    'differs from request to request; take the label out, or extract the route by REGEXP_EXTRACT',
};

/** What one rule says about hand-written resources. */
function findings(id: PolicyRuleId, configuration: Configuration): string[] {
  const { errors, warnings } = verdictOnConfiguration(configuration);
  const start = `[shop] ${id}: `;
  return [...errors, ...warnings]
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length));
}

const failing = POLICY_RULES.map(({ id, fail }): [PolicyRuleId, Configuration] => [id, fail]);

test.each(failing)('%s says what it found and what to write', (id, configuration) => {
  expect(findings(id, configuration)).toEqual([FINDINGS[id]]);
});

const IMAGES = { google_storage_bucket: { images: { name: 'images' } } };
const traced = (...variables: readonly object[]) => ({
  template: { containers: [{ env: [{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }, ...variables] }] },
});
const runsAs = (service_account: string) => ({ template: { service_account } });
const mounted = (secret: object) => ({
  google_cloud_run_v2_service: { api: { template: { volumes: [{ name: 'tls', secret }] } } },
});
const oldVersions = (condition: object, type = 'Delete') => ({
  google_storage_bucket: {
    images: { versioning: { enabled: true }, lifecycle_rule: [{ action: { type }, condition }] },
  },
});

describe('a rule that can be broken in several ways', () => {
  test.each<[PolicyRuleId, string, NonNullable<Configuration['resource']>, string]>([
    [
      'own-service-account',
      'a reference to the default account',
      {
        google_compute_default_service_account: { default: {} },
        google_cloud_run_v2_service: {
          api: runsAs('${google_compute_default_service_account.default.email}'),
        },
      },
      'google_cloud_run_v2_service.api: serviceAccount is the default account of the project',
    ],
    [
      'own-service-account',
      'an account that two services share',
      {
        google_cloud_run_v2_service: {
          api: runsAs('shared@my-project.iam.gserviceaccount.com'),
          web: runsAs('shared@my-project.iam.gserviceaccount.com'),
        },
      },
      'google_cloud_run_v2_service.web: serviceAccount is also that of google_cloud_run_v2_service.api',
    ],
    [
      'public-access-reason',
      'no check of callers',
      { google_cloud_run_v2_service: { api: { invoker_iam_disabled: true } } },
      'google_cloud_run_v2_service.api: invokerIamDisabled is true, so everybody may call it',
    ],
    [
      'public-access-reason',
      'a service that is named by its name',
      {
        google_cloud_run_v2_service: { api: { name: 'api' } },
        google_cloud_run_v2_service_iam_member: {
          public: { name: 'api', role: 'roles/run.invoker', member: 'allAuthenticatedUsers' },
        },
      },
      'google_cloud_run_v2_service_iam_member.public: it lets in allAuthenticatedUsers',
    ],
    [
      'public-access-reason',
      'an access list of a bucket',
      { ...IMAGES, google_storage_bucket_access_control: { public: { entity: 'allUsers' } } },
      'google_storage_bucket_access_control.public: it lets in allUsers',
    ],
    [
      'pinned-secret-version',
      'the latest version in a file',
      mounted({ secret: 'key', items: [{ path: 'key.pem', version: 'latest' }] }),
      "google_cloud_run_v2_service.api: the volume tls mounts the version 'latest' of its secret",
    ],
    [
      'pinned-secret-version',
      'a file without a version',
      mounted({ secret: 'key', items: { path: 'key.pem' } }),
      'google_cloud_run_v2_service.api: the volume tls mounts no version of its secret',
    ],
    [
      'pinned-secret-version',
      'a secret as a whole, which is its latest version',
      mounted({ secret: 'key' }),
      'google_cloud_run_v2_service.api: the volume tls mounts no version of its secret',
    ],
    [
      'stated-limits',
      'a sidecar without limits',
      {
        google_cloud_run_v2_service: {
          api: {
            template: {
              scaling: { max_instance_count: 1 },
              containers: [
                { resources: { cpu_idle: true, limits: { cpu: '1', memory: '512Mi' } } },
                { name: 'collector', resources: { limits: { cpu: '1' } } },
              ],
            },
          },
        },
      },
      "google_cloud_run_v2_service.api: left out: memory of the container 'collector'",
    ],
    [
      'bucket-versioning',
      'versioning that is off',
      IMAGES,
      'google_storage_bucket.images: versioning is off',
    ],
    [
      'bucket-versioning',
      'old versions that are moved only',
      oldVersions({ days_since_noncurrent_time: 30 }, 'SetStorageClass'),
      'google_storage_bucket.images: old versions are never deleted',
    ],
    [
      'unbroken-trace',
      'a caller without telemetry',
      {
        google_cloud_run_v2_service: {
          web: {
            template: {
              containers: [{ env: [{ name: 'API_URL', value: '${google_cloud_run_v2_service.api.uri}' }] }],
            },
          },
          api: traced(),
        },
      },
      'google_cloud_run_v2_service.web: it calls google_cloud_run_v2_service.api, which is traced, and has no telemetry',
    ],
    [
      'unbroken-trace',
      'a callee whose telemetry somebody has turned off',
      {
        google_cloud_run_v2_service: {
          web: traced({ name: 'API_URL', value: '${google_cloud_run_v2_service.api.uri}' }),
          api: traced({ name: 'OTEL_SDK_DISABLED', value: 'true' }),
        },
      },
      'google_cloud_run_v2_service.api: google_cloud_run_v2_service.web, which is traced, calls it, and it has no ' +
        'telemetry; take OTEL_SDK_DISABLED=true out of its environment, which turns its telemetry off',
    ],
    [
      'timeout-above-deadlines',
      "Cloud Run's own request timeout",
      { google_cloud_run_v2_service: { api: traced({ name: 'STORAGE_DEADLINE_MS', value: '300000' }) } },
      'google_cloud_run_v2_service.api: STORAGE_DEADLINE_MS is 300000 ms, and the request timeout is over after 300 s',
    ],
  ])('%s finds %s', (id, _, resource, found) => {
    expect(findings(id, { resource })).toEqual([expect.stringContaining(found)]);
  });

  test.each([
    { secret: 'key', items: [{ path: 'key.pem', version: '3' }] },
    { secret: 'key', items: [{ path: 'key.pem', version: '${var.version}' }] },
    { secret: 'key', items: '${var.items}' },
    { secret: 'key', dynamic: { items: { for_each: [], content: {} } } },
  ])('pinned-secret-version lets the volume %j through', (secret) => {
    expect(findings('pinned-secret-version', { resource: mounted(secret) })).toEqual([]);
  });

  test('public-access-reason finds a policy that is given as a whole', () => {
    const binding = [{ role: 'roles/run.invoker', members: ['allUsers'] }];
    const data = { google_iam_policy: { public: { binding } } };
    expect(findings('public-access-reason', { data })).toEqual([
      expect.stringMatching(/google_iam_policy\.public: it lets in allUsers; /),
    ]);
  });

  test.each([{ with_state: 'ARCHIVED', age: 30 }, { num_newer_versions: 3 }])(
    'bucket-versioning lets old versions go by %j',
    (condition) => {
      expect(findings('bucket-versioning', { resource: oldVersions(condition) })).toEqual([]);
    },
  );

  test.each<PolicyRuleId>(['bucket-versioning', 'bucket-soft-delete'])(
    '%s passes what only Terraform can tell',
    (id) => {
      const images = { versioning: '${var.versioning}', soft_delete_policy: '${var.policy}' };
      expect(findings(id, { resource: { google_storage_bucket: { images } } })).toEqual([]);
    },
  );
});
