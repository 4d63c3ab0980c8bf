import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { Aspects, TerraformLocal, type TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import {
  Access,
  type BucketUseOptions,
  CloudRunPolicy,
  DeploymentEnvironment,
  ServiceCode,
  TracedCloudRunService,
} from '../../../constructs';
import { rulesIn, verdictOn, verdictOnConfiguration } from '../../helpers/policy';
import { synth, testStack } from '../../helpers/synth';

const code = ServiceCode.fromImage('europe-docker.pkg.dev/my-project/images/api@sha256:0a');
const REASON = 'read by browsers of everybody';

/** A bucket that follows every rule, but for what is changed. */
function bucket(
  scope: Construct,
  id: string,
  changes: Readonly<Record<string, unknown>> = {},
): StorageBucket {
  return new StorageBucket(scope, id, {
    name: `my-project-${id}`,
    location: 'EUROPE-WEST1',
    uniformBucketLevelAccess: true,
    publicAccessPrevention: 'enforced',
    versioning: { enabled: true },
    lifecycleRule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }],
    softDeletePolicy: { retentionDurationSeconds: 604_800 },
    ...changes,
  });
}

function policedStack(): TerraformStack {
  const stack = testStack();
  CloudRunPolicy.applyTo(stack);
  return stack;
}

/** Takes the CPU between requests from a service that does not know of it. */
function withoutCpu(service: TracedCloudRunService): TracedCloudRunService {
  service.cloudRunService.addOverride('template.containers.0.resources.cpu_idle', true);
  return service;
}

/** A stack with a service that uses a bucket at a location, and what is said of it. */
function useBucketAt(location: string, options: BucketUseOptions = {}) {
  const stack = policedStack();
  const service = new TracedCloudRunService(stack, 'api', { code });
  service.useBucket('archive', bucket(stack, 'archive', { location }), options);
  return { stack, verdict: verdictOn(stack) };
}

describe('the policy', () => {
  test('is content with a hand-written grant once the service starts after it, as the finding says', () => {
    const stack = policedStack();
    const service = new TracedCloudRunService(stack, 'api', { code });
    const grant = new ProjectIamMember(stack, 'reads-images', {
      project: 'my-project',
      role: 'roles/artifactregistry.reader',
      member: service.serviceAccount.member,
    });
    expect(verdictOn(stack).errors).toEqual([
      expect.stringMatching(/grants-before-start: .*service\.startAfter\(grant\)$/),
    ]);
    service.startAfter(grant);
    expect(verdictOn(stack).errors).toEqual([]);
  });

  test('reports everything at once, with path, rule, what was found and what to write', () => {
    const stack = policedStack();
    new CloudRunV2Service(stack, 'hand-written', {
      name: 'hand-written',
      location: 'europe-west1',
      deletionProtection: false,
      template: {
        serviceAccount: '1234-compute@developer.gserviceaccount.com',
        containers: [{ image: 'api', env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] }],
      },
    });
    bucket(new Construct(stack, 'files'), 'public', { publicAccessPrevention: 'inherited' });
    expect(verdictOn(stack).errors).toEqual([
      '[shop/hand-written] own-service-account: serviceAccount is the default account of the project; ' +
        'make a google_service_account for this service, and write serviceAccount: account.email',
      '[shop/hand-written] stated-ingress: ingress is left out, so its URL can be reached from everywhere; ' +
        "write ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY', or another value where that is meant",
      '[shop/hand-written] secrets-by-reference: the variable DB_PASSWORD holds a secret in clear text; ' +
        'write it as valueSource: { secretKeyRef: { secret, version } }',
      "[shop/hand-written] immutable-image: the image 'api' has no tag; " +
        "write its digest, such as 'api@sha256:...', or a tag of the commit",
      '[shop/hand-written] stated-limits: left out: cpu, memory, cpu_idle, max_instance_count; ' +
        "write scaling: { maxInstanceCount: 10 } and resources: { cpuIdle: false, limits: { cpu: '1', memory: '512Mi' } }",
      '[shop/hand-written] service-deletion-protection: deletionProtection is false; write deletionProtection: true, ' +
        'or give service and policy an environment where everything may be destroyed',
      '[shop/files/public] bucket-public-access-prevention: publicAccessPrevention is not enforced; ' +
        "write publicAccessPrevention: 'enforced'",
    ]);
  });

  test('has nothing to say about a service of ours with a bucket and a callee', () => {
    const stack = policedStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', {
      code,
      access: Access.public({ reason: 'anybody may ask' }),
    });
    const storage = new TracedCloudRunService(stack, 'storage', { code });
    gateway.calls(storage, { deadlineMs: 1000 });
    storage.addBucket('documents');
    expect(verdictOn(stack)).toEqual({ errors: [], warnings: [], waived: [] });
  });

  test('sees overrides, of a resource and of the stack', () => {
    const stack = policedStack();
    bucket(stack, 'one').addOverride('uniform_bucket_level_access', false);
    bucket(stack, 'other');
    stack.addOverride('resource.google_storage_bucket.other.versioning.enabled', false);
    stack.addOverride('resource.google_service_account_key.key.service_account_id', 'api');
    expect(verdictOn(stack).errors).toEqual([
      '[shop] no-service-account-keys: google_service_account_key.key: it makes a key; let the service run as the ' +
        'account, and others through workload identity federation',
      expect.stringContaining('[shop/one] bucket-uniform-access: '),
      expect.stringContaining('[shop/other] bucket-versioning: versioning is off; '),
    ]);
  });

  test('sees what aspects change that are applied after it', () => {
    const stack = policedStack();
    bucket(stack, 'documents');
    Aspects.of(stack).add({
      visit: (node) => {
        if (node instanceof StorageBucket) node.publicAccessPrevention = 'inherited';
      },
    });
    expect(rulesIn(verdictOn(stack))).toEqual(['bucket-public-access-prevention']);
  });

  test('sees blocks that are written as objects and as lists', () => {
    const service = { service_account: 'api@p.iam.gserviceaccount.com', timeout: '1s' };
    const env = [{ name: 'STORAGE_DEADLINE_MS', value: 1000 }];
    for (const template of [
      { ...service, containers: { env } },
      [{ ...service, containers: [{ env: env[0] }] }],
    ]) {
      const resource = { google_cloud_run_v2_service: { api: { template } } };
      expect(rulesIn(verdictOnConfiguration({ resource }))).toContain('timeout-above-deadlines');
    }
  });

  test('says the same at every synth, and a warning once', () => {
    const stack = policedStack();
    withoutCpu(new TracedCloudRunService(stack, 'api', { code }));
    const first = verdictOn(stack);
    expect(first.warnings).toEqual([
      '[shop/api/Default] cpu-after-answer: cpuIdle is true, and spans are still to be sent when the answer has gone; ' +
        "write cpuIdle as an option of TracedCloudRunService, or the variable TRACED_FLUSH: 'request'",
    ]);
    expect(verdictOn(stack)).toEqual(first);
  });

  test('follows changes between two synths', () => {
    const stack = policedStack();
    const documents = bucket(stack, 'documents', { publicAccessPrevention: 'inherited' });
    expect(rulesIn(verdictOn(stack))).toEqual(['bucket-public-access-prevention']);
    documents.publicAccessPrevention = 'enforced';
    expect(verdictOn(stack).errors).toEqual([]);
  });

  test('leaves the Terraform of a stack as it is', () => {
    const [policed, plain] = [policedStack(), testStack()].map((stack) => {
      new TracedCloudRunService(stack, 'api', { code }).addBucket('documents');
      return synth(stack).json;
    });
    expect(policed).toBe(plain);
  });

  test('asks for no protection where everything may be destroyed', () => {
    const stack = testStack();
    const environment = DeploymentEnvironment.staging();
    CloudRunPolicy.applyTo(stack, { environment });
    new TracedCloudRunService(stack, 'api', { code, environment }).addBucket('documents');
    expect(verdictOn(stack).errors).toEqual([]);
  });
});

describe('a bucket that a service uses', () => {
  test.each(['EUROPE-WEST1', 'europe-west1', 'EUR5'])('may be at %s', (location) => {
    expect(useBucketAt(location).verdict).toEqual({ errors: [], warnings: [], waived: [] });
  });

  test('is left to the construct where that has warned of it already', () => {
    const reason = 'its objects are there by law';
    const { errors, warnings, waived } = useBucketAt('US-CENTRAL1', { regionMismatchReason: reason }).verdict;
    expect({ errors, waived }).toEqual({ errors: [], waived: [] });
    expect(warnings).toEqual([expect.stringContaining(`accepted because: ${reason}`)]);
    expect(useBucketAt('EU').verdict.warnings).toEqual([expect.stringContaining('[shop/api] the bucket ')]);
  });

  test('is found where an override moves it', () => {
    const { stack } = useBucketAt('EU');
    stack.addOverride('resource.google_storage_bucket.archive.location', 'us-east1');
    expect(verdictOn(stack).errors).toEqual([
      expect.stringMatching(
        /^\[shop\/api\/object-user-\w+\] bucket-co-located: google_storage_bucket.archive is in us-east1, and google_cloud_run_v2_service.api uses it from europe-west1; /,
      ),
    ]);
  });

  test.each([
    ['in it', ['EUROPE-WEST1', 'EUROPE-NORTH1'], []],
    ['outside it', ['EUROPE-WEST4', 'EUROPE-NORTH1'], ['bucket-co-located']],
    ['not all known', ['EUROPE-WEST4', '${var.region}'], []],
  ])('may name its regions: %s', (_, data_locations, expected) => {
    const { stack } = useBucketAt('EU');
    const path = 'resource.google_storage_bucket.archive.custom_placement_config.data_locations';
    stack.addOverride(path, data_locations);
    expect(rulesIn(verdictOn(stack)).filter((id) => id.startsWith('bucket-'))).toEqual(expected);
  });
});

describe('a value that is not plain text', () => {
  test('passes where only Terraform can tell it', () => {
    const stack = policedStack();
    const token = new TerraformVariable(stack, 'prevention', { type: 'string' }).stringValue;
    bucket(stack, 'documents', { publicAccessPrevention: token });
    expect(verdictOn(stack).errors).toEqual([]);
  });

  test('is followed where it refers to another value of the stack', () => {
    const stack = policedStack();
    const prevention = new TerraformLocal(stack, 'prevention', 'inherited').asString;
    const one = bucket(stack, 'one', { publicAccessPrevention: prevention });
    bucket(stack, 'other', { publicAccessPrevention: one.publicAccessPrevention });
    expect(verdictOn(stack).errors).toEqual([
      expect.stringContaining('[shop/one] bucket-public-access-prevention'),
      expect.stringContaining('[shop/other] bucket-public-access-prevention'),
    ]);
  });

  test('ends where references go round in a circle', () => {
    const resource = {
      google_storage_bucket: {
        a: { uniform_bucket_level_access: '${google_storage_bucket.b.uniform_bucket_level_access}' },
        b: { uniform_bucket_level_access: '${google_storage_bucket.a.uniform_bucket_level_access}' },
      },
    };
    expect(rulesIn(verdictOnConfiguration({ resource }))).not.toContain('bucket-uniform-access');
  });

  test.each([
    ['a token', { template: '${var.template}' }],
    ['a dynamic block', { dynamic: { template: { for_each: [1], content: {} } } }],
  ])('passes where a whole block is %s', (_, attributes) => {
    const ingress = 'INGRESS_TRAFFIC_ALL';
    const resource = { google_cloud_run_v2_service: { api: { ingress, ...attributes } } };
    expect(verdictOnConfiguration({ resource }).errors).toEqual([]);
  });
});

function alertOn(query: string) {
  return {
    resource: {
      google_logging_metric: { slow: { name: 'slow/requests' } },
      google_monitoring_alert_policy: {
        slow: { conditions: [{ condition_prometheus_query_language: { query } }] },
      },
    },
  };
}

describe('an alert', () => {
  test.each([
    'logging_googleapis_com:user_slow_requests',
    'rate(logging_googleapis_com:user_slow_requests_bucket[5m])',
    '{"logging.googleapis.com/user/slow/requests"}',
    'rate(logging_googleapis_com:user_${google_logging_metric.slow.name}[5m])',
  ])('on %s asks for the metric of the stack', (query) => {
    expect(rulesIn(verdictOnConfiguration(alertOn(query)))).toEqual(['alert-applies-at-once']);
  });

  test('on a metric of another stack whose name begins alike asks for nothing of this one', () => {
    const query = 'logging_googleapis_com:user_slow_requests_of_others';
    expect(rulesIn(verdictOnConfiguration(alertOn(query)))).toEqual([]);
  });
});

describe('a waiver', () => {
  test('lets one construct and everything in it break one rule, and is listed with its reason', () => {
    const stack = policedStack();
    const site = new Construct(stack, 'site');
    bucket(site, 'pages', { publicAccessPrevention: 'inherited' });
    bucket(site, 'pictures', { publicAccessPrevention: 'inherited', versioning: { enabled: false } });
    bucket(stack, 'private', { publicAccessPrevention: 'inherited' });
    CloudRunPolicy.waive(site, 'bucket-public-access-prevention', { reason: REASON });
    expect(verdictOn(stack)).toEqual({
      errors: [
        expect.stringContaining('[shop/site/pictures] bucket-versioning: versioning is off'),
        expect.stringContaining('[shop/private] bucket-public-access-prevention: '),
      ],
      warnings: [],
      waived: [
        `[shop/site] policy waived: 'bucket-public-access-prevention' for 2 findings, because: ${REASON}`,
      ],
    });
  });

  test('silences a warning as well', () => {
    const stack = policedStack();
    const api = withoutCpu(new TracedCloudRunService(stack, 'api', { code }));
    CloudRunPolicy.waive(api, 'cpu-after-answer', { reason: 'late spans are cheaper than CPU' });
    expect(verdictOn(stack)).toEqual({
      errors: [],
      warnings: [],
      waived: [
        "[shop/api] policy waived: 'cpu-after-answer' for 1 finding, because: late spans are cheaper than CPU",
      ],
    });
  });

  test('that lets nothing through is an error', () => {
    const stack = policedStack();
    const documents = bucket(stack, 'documents');
    CloudRunPolicy.waive(documents, 'bucket-versioning', { reason: 'objects are never replaced' });
    expect(verdictOn(stack).errors).toEqual([
      "[shop/documents] unused-waiver: nothing here breaks 'bucket-versioning'; take its waiver out, which says " +
        "'objects are never replaced'",
    ]);
  });

  test('may be there for another environment', () => {
    const stack = testStack();
    CloudRunPolicy.applyTo(stack, { environment: DeploymentEnvironment.local() });
    const documents = bucket(stack, 'documents', { forceDestroy: true });
    CloudRunPolicy.waive(documents, 'bucket-force-destroy', { reason: 'a cache that can be made again' });
    expect(verdictOn(stack)).toEqual({ errors: [], warnings: [], waived: [] });
  });

  test('is refused for a rule that does not exist', () => {
    const documents = bucket(testStack(), 'documents');
    // @ts-expect-error: the type refuses it as well
    expect(() => CloudRunPolicy.waive(documents, 'bucket-versionning', { reason: REASON })).toThrow(
      /^TCR070 at shop\/documents: there is no policy rule 'bucket-versionning' to waive; the rules are own-service-account, /,
    );
  });

  test.each(['', '   ', 'todo', ' legacy   '])('is refused with the reason %j', (reason) => {
    expect(() =>
      CloudRunPolicy.waive(bucket(testStack(), 'documents'), 'bucket-versioning', { reason }),
    ).toThrow(
      "TCR071 at shop/documents: the waiver of 'bucket-versioning' needs a reason of at least 10 characters that is " +
        `known at synth, got '${reason}'; write why the rule need not hold here`,
    );
  });

  test('is refused with a reason that is not known at synth', () => {
    const stack = testStack();
    const reason = new TerraformVariable(stack, 'reason', { type: 'string' }).stringValue;
    expect(() => CloudRunPolicy.waive(stack, 'bucket-versioning', { reason })).toThrow(
      "TCR071 at shop: the waiver of 'bucket-versioning' needs a reason of at least 10 characters that is known at " +
        'synth, got a token; write why the rule need not hold here',
    );
  });
});
