import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import {
  Access,
  DeploymentEnvironment,
  Sampling,
  ServiceCode,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from '../../constructs';
import {
  addresses,
  type Attributes,
  cloudRunService,
  resource,
  synth,
  testApp,
  testStack,
  waitsFor,
} from '../helpers/synth';

const code = ServiceCode.fromImage('europe-docker.pkg.dev/my-project/images/api@sha256:0a');
const SERVICE = 'google_cloud_run_v2_service';
const INVOKER = 'google_cloud_run_v2_service_iam_member';

/** What one service with these options synthesizes. */
function synthService(props: Partial<TracedCloudRunServiceProps> = {}) {
  const stack = testStack();
  new TracedCloudRunService(stack, 'gateway', { code, ...props });
  const synthesized = synth(stack);
  return { synthesized, ...cloudRunService(synthesized) };
}

/** Address of the grant to a member, and what asking for it twice returned. */
function grantInvoke(member: string) {
  const stack = testStack();
  const service = new TracedCloudRunService(stack, 'gateway', { code });
  const grants = [service.grantInvoke(member), service.grantInvoke(member)];
  const synthesized = synth(stack);
  return { grants, addresses: addresses(synthesized, INVOKER), grant: resource(synthesized, INVOKER) };
}

describe('a service without options', () => {
  test('is deployed with every value that Cloud Run would otherwise choose', () => {
    const { service, template, container } = synthService();
    expect(service).toMatchObject({
      name: 'gateway-production',
      location: 'europe-west1',
      ingress: 'INGRESS_TRAFFIC_ALL',
      deletion_protection: true,
    });
    expect(service).not.toHaveProperty('description');
    expect(template).toMatchObject({
      timeout: '300s',
      max_instance_request_concurrency: 80,
      scaling: { min_instance_count: 1, max_instance_count: 10 },
    });
    expect(container.image).toBe('europe-docker.pkg.dev/my-project/images/api@sha256:0a');
    expect(container.ports).toEqual({ name: 'http1', container_port: 8080 });
    expect(container.resources).toEqual({
      cpu_idle: false,
      startup_cpu_boost: true,
      limits: { cpu: '1', memory: '512Mi' },
    });
    expect(container.startup_probe).toEqual({
      http_get: { path: '/health' },
      initial_delay_seconds: 0,
      period_seconds: 1,
      timeout_seconds: 1,
      failure_threshold: 60,
    });
    expect(container.liveness_probe).toEqual({
      http_get: { path: '/health' },
      initial_delay_seconds: 0,
      period_seconds: 10,
      timeout_seconds: 5,
      failure_threshold: 3,
    });
  });

  test('is told how to trace, and nothing else', () => {
    expect(synthService().env).toEqual({
      GOOGLE_CLOUD_PROJECT: 'my-project',
      OTEL_SERVICE_NAME: 'gateway',
      OTEL_RESOURCE_ATTRIBUTES:
        'gcp.project_id=my-project,cloud.region=europe-west1,deployment.environment.name=production',
      OTEL_TRACES_EXPORTER: 'gcp_trace',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      TRACED_KEEP_ERRORS: 'true',
      TRACED_TRUST_CALLER: 'true',
      TRACED_FLUSH: 'background',
      TRACED_DEBUG_LOGS: 'false',
    });
  });

  test('runs as an account of its own that may write spans and nothing more', () => {
    const { synthesized, template } = synthService();
    const account = resource(synthesized, 'google_service_account');
    expect(account['account_id']).toMatch(/^gateway-production-[a-z]{8}$/);
    expect(template['service_account']).toMatch(/^\$\{google_service_account\.[^}]+\.email\}$/);
    expect(resource(synthesized, 'google_project_iam_member')).toMatchObject({
      project: 'my-project',
      role: 'roles/cloudtrace.agent',
      member: expect.stringMatching(/^serviceAccount:\$\{google_service_account\.[^}]+\.email\}$/),
    });
    expect(addresses(synthesized, INVOKER)).toEqual([]);
  });

  test('leaves the fields that Cloud Run and gcloud write alone, so that a second plan is empty', () => {
    expect(synthService().service['lifecycle']).toMatchObject({
      ignore_changes: ['client', 'client_version', 'scaling'],
    });
  });

  test('starts after its APIs and its grant', () => {
    const { synthesized } = synthService();
    expect(waitsFor(synthesized, `${SERVICE}.gateway`)).toEqual(
      new Set([
        'google_project_service.api-cloudresourcemanager',
        'google_project_service.api-cloudtrace',
        'google_project_service.api-iam',
        'google_project_service.api-logging',
        'google_project_service.api-run',
        ...addresses(synthesized, 'google_project_iam_member'),
        ...addresses(synthesized, 'google_service_account'),
      ]),
    );
  });

  test('has the main resource at the address of the construct', () => {
    expect(addresses(synthService().synthesized, SERVICE)).toEqual([`${SERVICE}.gateway`]);
  });
});

describe('an option', () => {
  test.each<[Partial<TracedCloudRunServiceProps>, Attributes]>([
    [{ cpu: 2 }, { limits: { cpu: '2', memory: '512Mi' } }],
    [{ memoryMiB: 1024 }, { limits: { cpu: '1', memory: '1024Mi' } }],
    [{ cpuIdle: true }, { cpu_idle: true }],
    [{ startupCpuBoost: false }, { startup_cpu_boost: false }],
  ])('%j sets the resources', (props, expected) => {
    expect(synthService(props).container.resources).toMatchObject(expected);
  });

  test.each<[Partial<TracedCloudRunServiceProps>, Attributes]>([
    [{ concurrency: 1 }, { max_instance_request_concurrency: 1 }],
    [{ minInstances: 2 }, { scaling: { min_instance_count: 2, max_instance_count: 10 } }],
    [{ maxInstances: 3 }, { scaling: { min_instance_count: 1, max_instance_count: 3 } }],
    [{ timeoutSec: 60 }, { timeout: '60s' }],
  ])('%j sets the template', (props, expected) => {
    expect(synthService(props).template).toMatchObject(expected);
  });

  test.each<[Partial<TracedCloudRunServiceProps>, Attributes]>([
    [{ name: 'edge' }, { name: 'edge' }],
    [{ region: 'us-central1' }, { location: 'us-central1' }],
    [{ labels: { team: 'search' } }, { labels: { team: 'search' } }],
    [{ deletionProtection: false }, { deletion_protection: false }],
    [
      { deletionProtection: true, environment: DeploymentEnvironment.staging() },
      { deletion_protection: true },
    ],
  ])('%j sets the service', (props, expected) => {
    expect(synthService(props).service).toMatchObject(expected);
  });

  test('with deletion protection is refused to be destroyed in the plan, with nothing else gone yet', () => {
    const { lifecycle } = synthService({ deletionProtection: true }).service;
    expect(lifecycle).toMatchObject({ prevent_destroy: true });
    expect(synthService({ deletionProtection: false }).service['lifecycle']).not.toHaveProperty(
      'prevent_destroy',
    );
  });

  test.each<[Partial<TracedCloudRunServiceProps>, Attributes]>([
    [{ port: 3000 }, { ports: { name: 'http1', container_port: 3000 } }],
    [{ command: ['node'] }, { command: ['node'] }],
    [{ args: ['--verbose', 'serve'] }, { args: ['--verbose', 'serve'] }],
  ])('%j sets the container', (props, expected) => {
    expect(synthService(props).container).toMatchObject(expected);
  });

  test('tracesExporter sends the spans by OTLP', () => {
    expect(synthService({ tracesExporter: 'otlp' }).env['OTEL_TRACES_EXPORTER']).toBe('otlp');
  });

  test('env adds variables, which are sorted by name whatever their order', () => {
    const { container } = synthService({ env: { ZONE: 'z', ALPHA: 'a' } });
    const names = container.env.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(container.env).toEqual(
      expect.arrayContaining([
        { name: 'ALPHA', value: 'a' },
        { name: 'ZONE', value: 'z' },
      ]),
    );
  });

  test("takes OpenTelemetry's own variables that it does not write itself", () => {
    const { env } = synthService({ env: { OTEL_BSP_SCHEDULE_DELAY: '1000' } });
    expect(env['OTEL_BSP_SCHEDULE_DELAY']).toBe('1000');
  });

  test('sampling sets the ratio', () => {
    expect(synthService({ sampling: Sampling.ratio(0.05) }).env['OTEL_TRACES_SAMPLER_ARG']).toBe('0.05');
    expect(synthService({ sampling: Sampling.always() }).env['OTEL_TRACES_SAMPLER_ARG']).toBe('1');
  });

  test('failed traces are kept at any ratio unless the sampling says otherwise', () => {
    expect(synthService({ sampling: Sampling.ratio(0.1) }).env['TRACED_KEEP_ERRORS']).toBe('true');
    expect(synthService({ sampling: Sampling.always() }).env['TRACED_KEEP_ERRORS']).toBe('true');
    expect(
      synthService({ sampling: Sampling.ratio(0.1, { keepErrors: false }) }).env['TRACED_KEEP_ERRORS'],
    ).toBe('false');
  });

  test('slow traces are kept where the sampling names a threshold', () => {
    expect(synthService({ sampling: Sampling.ratio(0.1) }).env).not.toHaveProperty(
      'TRACED_KEEP_SLOWER_THAN_MS',
    );
    const slow = Sampling.ratio(0.1, { keepSlowerThanMs: 800 });
    expect(synthService({ sampling: slow }).env['TRACED_KEEP_SLOWER_THAN_MS']).toBe('800');
  });

  test.each([
    ['local', DeploymentEnvironment.local(), { protection: false, ratio: '1', min: 0 }],
    ['staging', DeploymentEnvironment.staging(), { protection: false, ratio: '1', min: 0 }],
    ['production', DeploymentEnvironment.production(), { protection: true, ratio: '0.1', min: 1 }],
  ])(
    'environment %s decides about protection, sampling and warm instances',
    (name, environment, expected) => {
      const { service, template, env } = synthService({ environment });
      expect(service).toMatchObject({ name: `gateway-${name}`, deletion_protection: expected.protection });
      expect(template['scaling']).toMatchObject({ min_instance_count: expected.min });
      expect(env['OTEL_TRACES_SAMPLER_ARG']).toBe(expected.ratio);
      expect(env['OTEL_RESOURCE_ATTRIBUTES']).toContain(`deployment.environment.name=${name}`);
    },
  );

  test('may be a token, which is passed on', () => {
    const stack = testStack();
    const number = (id: string): number => new TerraformVariable(stack, id, { type: 'number' }).numberValue;
    const text = (id: string): string => new TerraformVariable(stack, id, { type: 'string' }).stringValue;
    const service = new TracedCloudRunService(stack, 'gateway', {
      code,
      name: text('name'),
      region: text('region'),
      cpu: number('cpu'),
      memoryMiB: number('memory'),
      concurrency: number('concurrency'),
      minInstances: number('min'),
      maxInstances: number('max'),
      timeoutSec: number('timeout'),
    });
    service.addBucket('documents');
    const synthesized = synth(stack);
    expect(resource(synthesized, SERVICE)).toMatchObject({
      name: '${var.name}',
      location: '${var.region}',
      template: {
        timeout: '${var.timeout}s',
        max_instance_request_concurrency: '${var.concurrency}',
        scaling: { min_instance_count: '${var.min}', max_instance_count: '${var.max}' },
        containers: [{ resources: { limits: { cpu: '${var.cpu}', memory: '${var.memory}Mi' } } }],
      },
    });
    expect(resource(synthesized, 'google_storage_bucket')['location']).toBe('${upper(var.region)}');
  });
});

test('a service without CPU between requests sends its spans before it answers', () => {
  expect(synthService({ cpuIdle: true }).env['TRACED_FLUSH']).toBe('request');
});

test('debug lines of kept requests are written where the sampling says so', () => {
  const { env } = synthService({ sampling: Sampling.ratio(0.1, { debugLogs: true }) });
  expect(env['TRACED_DEBUG_LOGS']).toBe('true');
});

describe('access', () => {
  test.each([
    ['authenticated', Access.authenticated(), 'INGRESS_TRAFFIC_ALL', 'true'],
    ['internal', Access.internal(), 'INGRESS_TRAFFIC_INTERNAL_ONLY', 'true'],
    ['load balancer', Access.loadBalancer(), 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER', 'false'],
  ])('%s lets in nobody who was not granted it', (_, access, ingress, trust) => {
    const { synthesized, service, env } = synthService({ access });
    expect(service['ingress']).toBe(ingress);
    expect(env['TRACED_TRUST_CALLER']).toBe(trust);
    expect(addresses(synthesized, INVOKER)).toEqual([]);
  });

  test('public lets in everybody, believes nobody, and says why', () => {
    const { synthesized, service, env } = synthService({
      access: Access.public({ reason: 'anybody may send a document' }),
    });
    expect(service).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_ALL',
      description: 'Public: anybody may send a document',
    });
    expect(env['TRACED_TRUST_CALLER']).toBe('false');
    expect(resource(synthesized, INVOKER)).toEqual({
      name: '${google_cloud_run_v2_service.gateway.name}',
      location: 'europe-west1',
      role: 'roles/run.invoker',
      member: 'allUsers',
    });
  });

  test('public without the check of callers needs no grant to everybody', () => {
    const { synthesized, service, env } = synthService({
      access: Access.public({ reason: 'anybody may send a document', invokerIamDisabled: true }),
    });
    expect(service).toMatchObject({
      invoker_iam_disabled: true,
      description: 'Public: anybody may send a document',
    });
    expect(env['TRACED_TRUST_CALLER']).toBe('false');
    expect(addresses(synthesized, INVOKER)).toEqual([]);
  });

  test('load balancer with a reason lets in everybody who comes that way', () => {
    const { synthesized, service, env } = synthService({
      access: Access.loadBalancer({ reason: 'the shop' }),
    });
    expect(service).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
      description: 'Public: the shop',
    });
    expect(env['TRACED_TRUST_CALLER']).toBe('false');
    expect(resource(synthesized, INVOKER)['member']).toBe('allUsers');
  });

  test('authenticated grants it to its members', () => {
    const { synthesized } = synthService({ access: Access.authenticated(['group:sre@example.com']) });
    expect(resource(synthesized, INVOKER)).toMatchObject({
      role: 'roles/run.invoker',
      member: 'group:sre@example.com',
    });
    expect(() => synthService({ access: Access.authenticated(['allUsers']) })).toThrow(
      'TCR017 at shop/gateway: ',
    );
  });

  test('is granted to a member at an address that follows from the member', () => {
    const jane = grantInvoke('user:jane@example.com');
    expect(jane.grant).toMatchObject({ role: 'roles/run.invoker', member: 'user:jane@example.com' });
    expect(jane.grants[0]).toBe(jane.grants[1]);
    expect(grantInvoke('user:jane@example.com').addresses).toEqual(jane.addresses);
    expect(grantInvoke('user:john@example.com').addresses).not.toEqual(jane.addresses);
  });

  test('is granted to an account of the same stack', () => {
    const stack = testStack();
    const caller = new TracedCloudRunService(stack, 'caller', { code });
    const service = new TracedCloudRunService(stack, 'gateway', { code });
    caller.startAfter(service.grantInvoke(`serviceAccount:${caller.serviceAccount.email}`));
    expect(resource(synth(stack), INVOKER)['member']).toMatch(
      /^serviceAccount:\$\{google_service_account\.caller/,
    );
  });
});

describe('an image that others deploy', () => {
  test('is left alone after the first deploy, with what gcloud writes beside it', () => {
    const managed = ServiceCode.fromImage('europe-docker.pkg.dev/my-project/images/api:first', {
      managedElsewhere: true,
    });
    const { service, container } = synthService({ code: managed });
    expect(container.image).toBe('europe-docker.pkg.dev/my-project/images/api:first');
    expect(service['lifecycle']).toMatchObject({
      ignore_changes: [
        'client',
        'client_version',
        'scaling',
        'template[0].containers[0].image',
        'template[0].labels',
        'template[0].annotations',
      ],
    });
  });
});

describe('what has no option', () => {
  test('is set on the resource, and stays whatever is added to the service later', () => {
    const stack = testStack();
    const service = new TracedCloudRunService(stack, 'gateway', { code });
    service.cloudRunService.addOverride('template.encryption_key', 'key');
    service.cloudRunService.addOverride('template.containers.0.working_dir', '/app');
    service.cloudRunService.addOverride('binary_authorization.use_default', true);
    service.addBucket('documents');
    const { service: json, template, container, env } = cloudRunService(synth(stack));
    expect(json['binary_authorization']).toEqual({ use_default: true });
    expect(template).toMatchObject({ encryption_key: 'key', timeout: '300s' });
    expect(container).toMatchObject({ working_dir: '/app', image: expect.stringContaining('api@sha256') });
    expect(env).toHaveProperty('DOCUMENTS_BUCKET');
  });

  test.each<[string, (resource: CloudRunV2Service) => void]>([
    ['an override', (resource) => resource.addOverride('scaling.min_instance_count', 2)],
    ['a property', (resource) => resource.putScaling({ minInstanceCount: 2 })],
  ])('is not left to Cloud Run when it is set by %s', (_what, write) => {
    const stack = testStack();
    const { cloudRunService: written } = new TracedCloudRunService(stack, 'gateway', { code });
    write(written);
    const { service } = cloudRunService(synth(stack));
    expect(service['scaling']).toEqual({ min_instance_count: 2 });
    expect(service['lifecycle']).toMatchObject({ ignore_changes: ['client', 'client_version'] });
  });
});

describe('a stack with services', () => {
  test('enables every API once, and leaves it enabled when it is destroyed', () => {
    const stack = testStack();
    for (const id of ['gateway', 'processor', 'storage']) new TracedCloudRunService(stack, id, { code });
    const synthesized = synth(stack);
    const enabled = addresses(synthesized, 'google_project_service');
    expect(enabled).toEqual(
      ['cloudresourcemanager', 'cloudtrace', 'iam', 'logging', 'run'].map(
        (api) => `google_project_service.api-${api}`,
      ),
    );
    for (const address of enabled) {
      expect(synthesized.resources[address]).toMatchObject({
        project: 'my-project',
        disable_on_destroy: false,
      });
    }
  });

  test('enables storage and monitoring only when they are used', () => {
    const stack = testStack();
    const service = new TracedCloudRunService(stack, 'gateway', { code });
    service.addBucket('documents');
    const channel = new MonitoringNotificationChannel(stack, 'on-call', { type: 'email' });
    service.addLatencyAlert({ p95Ms: 100, notify: [channel] });
    expect(addresses(synth(stack), 'google_project_service')).toEqual(
      expect.arrayContaining(['google_project_service.api-monitoring', 'google_project_service.api-storage']),
    );
  });

  test('uses additive grants only', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', {
      code,
      access: Access.public({ reason: 'r' }),
    });
    gateway.addBucket('documents');
    const iam = Object.keys(synth(stack).resources).filter((address) => address.includes('_iam_'));
    expect(iam).toHaveLength(3);
    for (const address of iam) expect(address).toMatch(/_iam_member\./);
  });

  test('gives services of the same id in different scopes and environments different names', () => {
    const app = testApp();
    const resources = ['shop', 'office'].flatMap((id) => {
      const stack = testStack(id, app);
      for (const environment of [DeploymentEnvironment.staging(), DeploymentEnvironment.production()]) {
        for (const scope of ['a', 'b']) {
          const parent = new Construct(stack, `${scope}-${environment.name}`);
          new TracedCloudRunService(parent, 'gateway', { code, environment });
        }
      }
      return Object.values(synth(stack).resources);
    });
    const distinct = (attribute: string): number =>
      new Set(resources.flatMap((attributes) => attributes[attribute] ?? [])).size;
    expect(distinct('account_id')).toBe(8);
    expect(distinct('name')).toBe(8);
  });
});
