import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TerraformStack, TerraformVariable } from 'cdktf';
import {
  Access,
  type ApiUseOptions,
  BurnRate,
  type BucketUseOptions,
  type CallOptions,
  type CoLocatedBucketOptions,
  DeploymentEnvironment,
  type DirectoryOptions,
  type ErrorAlertOptions,
  type GrpcProbeOptions,
  ImageBuilder,
  type ImageOptions,
  type LatencyAlertOptions,
  LivenessProbe,
  NotificationChannel,
  type PipelineEntry,
  PipelineMonitoring,
  type PipelineMonitoringProps,
  type ProbeOptions,
  type PublicAccessOptions,
  Sampling,
  type SamplingOptions,
  Secret,
  type ServiceAttributes,
  ServiceCode,
  type SidecarOptions,
  type SlackChannelOptions,
  type SloOptions,
  StartupProbe,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
  TrafficTarget,
  type TrafficTargetOptions,
  type UptimeCheckOptions,
  Volume,
  VpcEgress,
  type VpcEgressOptions,
  type WebhookOptions,
} from '../../constructs';
import { synth, testStack, warnings } from '../helpers/synth';

const CONSTRUCTS = join(__dirname, '..', '..', 'constructs');
const code = ServiceCode.fromImage('image');
const PUBLIC = Access.public({ reason: 'a shop' });

/** Interfaces of the package that are written by users. */
const exported = new Set(
  readFileSync(join(CONSTRUCTS, 'index.ts'), 'utf8').match(/\w+(?:Props|Options|Attributes|Entry)\b/g),
);

/** Optional members of the public interfaces that are written by users, as `Interface.member`, with their comments. */
function optionalMembers(): { name: string; comment: string }[] {
  const sources = readdirSync(CONSTRUCTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(CONSTRUCTS, file), 'utf8'));
  return [...exported].flatMap((type) => {
    const source = sources.find((text) => text.includes(`export interface ${type} `)) ?? '';
    const [body = ''] = new RegExp(`export interface ${type} [^]*?\n}\n`).exec(source) ?? [];
    return [...body.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)?\s*readonly (\w+)\?:/g)].map(
      ([, comment = '', member = '']) => ({ name: `${type}.${member}`, comment }),
    );
  });
}

/** What options may refer to, in a stack that has the same of it whatever the options are. */
function given() {
  const stack = testStack();
  const service = (id: string, access: Access): TracedCloudRunService =>
    new TracedCloudRunService(stack, id, { code, access });
  const secret = (id: string): TerraformVariable =>
    new TerraformVariable(stack, id, { type: 'string', sensitive: true });
  const channel = (id: string): NotificationChannel =>
    NotificationChannel.email(stack, id, 'on-call@example.com');
  return {
    stack,
    shop: service('shop', PUBLIC),
    office: service('office', Access.authenticated()),
    notify: [channel('on-call')],
    others: [channel('others')],
    secret: secret('secret'),
    anotherSecret: secret('another-secret'),
  };
}
type Given = ReturnType<typeof given>;

/** An interface of options, all of them, and what is synthesized with usual values and, if one is named, another of that. */
interface Subject {
  readonly name: string;
  readonly options: readonly string[];
  readonly shown: (changed?: string) => string;
}

/** @param other a value that is not the usual one for each option: its type makes the list complete */
function subject<T extends object>(
  name: string,
  usual: (from: Given) => T,
  other: (from: Given) => Required<T>,
  compose: (from: Given, options: T) => unknown,
): Subject {
  return {
    name,
    options: Object.keys(other(given())),
    shown: (changed) => {
      const from = given();
      const change = Object.entries(other(from)).filter(([option]) => option === changed);
      compose(from, Object.assign(usual(from), Object.fromEntries(change)));
      return [synth(from.stack).json, ...warnings(from.stack)].join('\n');
    },
  };
}

function service(stack: TerraformStack, props: Partial<TracedCloudRunServiceProps>): TracedCloudRunService {
  return new TracedCloudRunService(stack, 'web', { code, ...props });
}

const PROBE: Required<ProbeOptions> = {
  port: 9000,
  initialDelaySec: 3,
  periodSec: 3,
  timeoutSec: 2,
  failureThreshold: 7,
};
const GRPC_PROBE: Required<GrpcProbeOptions> = { ...PROBE, service: 'shop' };

const SUBJECTS: readonly Subject[] = [
  subject<TracedCloudRunServiceProps>(
    'TracedCloudRunServiceProps',
    () => ({ code }),
    () => ({
      code: ServiceCode.fromImage('another-image'),
      environment: DeploymentEnvironment.staging(),
      access: Access.internal(),
      sampling: Sampling.ratio(0.2),
      name: 'edge',
      region: 'us-central1',
      labels: { team: 'search' },
      deletionProtection: false,
      cpu: 2,
      memoryMiB: 1024,
      cpuIdle: true,
      startupCpuBoost: false,
      concurrency: 20,
      minInstances: 2,
      maxInstances: 3,
      timeoutSec: 60,
      port: 3000,
      command: ['node'],
      args: ['--verbose'],
      env: { LEVEL: 'debug' },
      secrets: { STRIPE_KEY: Secret.version('stripe-key', '3') },
      startupProbe: StartupProbe.tcp(),
      livenessProbe: LivenessProbe.none(),
      vpcEgress: VpcEgress.allTraffic({ subnetwork: 'apps' }),
      traffic: [TrafficTarget.latest({ percent: 100 })],
      tracesExporter: 'otlp',
    }),
    ({ stack }, props) => service(stack, props),
  ),
  subject<PublicAccessOptions>(
    'PublicAccessOptions',
    () => ({ reason: 'a shop' }),
    () => ({ reason: 'a library', invokerIamDisabled: true }),
    ({ stack }, options) => service(stack, { access: Access.public(options) }),
  ),
  subject<SamplingOptions>(
    'SamplingOptions',
    () => ({}),
    () => ({ keepErrors: false, keepSlowerThanMs: 2000, debugLogs: true }),
    ({ stack }, options) => service(stack, { sampling: Sampling.ratio(0.1, options) }),
  ),
  subject<ImageOptions>(
    'ImageOptions',
    () => ({}),
    () => ({ managedElsewhere: true }),
    ({ stack }, options) => service(stack, { code: ServiceCode.fromImage('image', options) }),
  ),
  subject<DirectoryOptions>(
    'DirectoryOptions',
    () => ({}),
    () => ({ imageBuilder: ImageBuilder.docker() }),
    ({ stack }, options) => service(stack, { code: ServiceCode.fromDirectory('test/readme/hello', options) }),
  ),
  subject<GrpcProbeOptions>(
    'GrpcProbeOptions',
    () => ({ periodSec: 2 }),
    () => GRPC_PROBE,
    ({ stack }, options) => service(stack, { startupProbe: StartupProbe.grpc(options) }),
  ),
  subject<GrpcProbeOptions>(
    'GrpcProbeOptions of a liveness probe',
    () => ({}),
    () => GRPC_PROBE,
    ({ stack }, options) => service(stack, { livenessProbe: LivenessProbe.grpc(options) }),
  ),
  subject<ProbeOptions>(
    'ProbeOptions',
    () => ({ periodSec: 2 }),
    () => PROBE,
    ({ stack }, options) => service(stack, { startupProbe: StartupProbe.tcp(options) }),
  ),
  subject<ProbeOptions>(
    'ProbeOptions of HTTP',
    () => ({ periodSec: 2 }),
    () => PROBE,
    ({ stack }, options) =>
      service(stack, {
        startupProbe: StartupProbe.http('/', options),
        livenessProbe: LivenessProbe.http('/', options),
      }),
  ),
  subject<VpcEgressOptions>(
    'VpcEgressOptions',
    () => ({ subnetwork: 'apps' }),
    () => ({ network: 'main', subnetwork: 'jobs', tags: ['shop'] }),
    ({ stack }, options) => service(stack, { vpcEgress: VpcEgress.privateRanges(options) }),
  ),
  subject<TrafficTargetOptions>(
    'TrafficTargetOptions',
    () => ({ percent: 90 }),
    () => ({ percent: 50, tag: 'canary' }),
    ({ stack }, options) =>
      service(stack, {
        traffic: [
          TrafficTarget.latest(options),
          TrafficTarget.revision('web-00041-xyz', { percent: 100 - options.percent }),
        ],
      }),
  ),
  subject<SidecarOptions>(
    'SidecarOptions',
    () => ({ image: 'collector' }),
    () => ({
      image: 'another-collector',
      command: ['/otelcol'],
      args: ['--verbose'],
      env: { LEVEL: 'debug' },
      secrets: { TOKEN: Secret.version('token', '1') },
      volumes: { '/cache': Volume.inMemory('cache', { sizeMiB: 16 }) },
      cpu: 2,
      memoryMiB: 256,
      startupProbe: StartupProbe.tcp({ port: 4318 }),
      livenessProbe: LivenessProbe.grpc({ port: 4317 }),
      dependsOn: ['service'],
    }),
    ({ shop }, options) => shop.addSidecar('collector', options),
  ),
  subject<CallOptions>(
    'CallOptions',
    () => ({ deadlineMs: 1000 }),
    () => ({ deadlineMs: 2000 }),
    ({ shop, office }, options) => shop.calls(office, options),
  ),
  subject<ServiceAttributes>(
    'ServiceAttributes',
    () => ({ name: 'billing', uri: 'https://billing.example.com' }),
    () => ({
      name: 'invoices',
      uri: 'https://invoices.example.com',
      region: 'us-central1',
      projectId: 'finance',
      access: Access.internal(),
    }),
    ({ stack }, attributes) => {
      const vpcEgress = VpcEgress.privateRanges({ subnetwork: 'apps' });
      const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', attributes);
      service(stack, { vpcEgress }).calls(billing, { deadlineMs: 1000 });
    },
  ),
  subject<CoLocatedBucketOptions>(
    'CoLocatedBucketOptions',
    () => ({}),
    () => ({ keepOldVersionsDays: 7, labels: { team: 'search' } }),
    ({ shop }, options) => shop.addBucket('documents', options),
  ),
  subject<BucketUseOptions>(
    'BucketUseOptions',
    () => ({}),
    () => ({ readOnly: true, regionMismatchReason: 'the archive was there first' }),
    ({ shop }, options) => shop.useBucket('archive', { name: 'archive', location: 'EU' }, options),
  ),
  subject<ApiUseOptions>(
    'ApiUseOptions',
    () => ({ role: 'roles/aiplatform.user' }),
    () => ({ role: 'roles/aiplatform.viewer' }),
    ({ shop }, options) => shop.useApi('aiplatform.googleapis.com', options),
  ),
  subject<LatencyAlertOptions>(
    'LatencyAlertOptions',
    ({ notify }) => ({ p95Ms: 1000, notify }),
    ({ others }) => ({ p95Ms: 500, p99Ms: 2000, windowMin: 10, notify: others }),
    ({ shop }, options) => shop.addLatencyAlert(options),
  ),
  subject<ErrorAlertOptions>(
    'ErrorAlertOptions',
    ({ notify }) => ({ notify }),
    ({ others }) => ({
      maxErrorRatio: 0.2,
      maxTimeoutRatio: 0.3,
      minRequests: 50,
      windowMin: 10,
      notify: others,
    }),
    ({ shop }, options) => shop.addErrorAlert(options),
  ),
  subject<SloOptions>(
    'SloOptions',
    ({ notify }) => ({ availabilityGoal: 0.99, latencyThresholdMs: 1000, notify }),
    ({ others }) => ({
      availabilityGoal: 0.999,
      latencyThresholdMs: 500,
      latencyGoal: 0.99,
      periodDays: 7,
      burnRates: [BurnRate.slow()],
      notify: others,
    }),
    ({ shop }, options) => shop.addSlo(options),
  ),
  subject<UptimeCheckOptions>(
    'UptimeCheckOptions',
    ({ notify }) => ({ notify }),
    ({ others }) => ({ periodMin: 1, notify: others }),
    ({ shop }, options) => shop.addUptimeCheck(options),
  ),
  subject<SlackChannelOptions>(
    'SlackChannelOptions',
    ({ secret }) => ({ channel: '#incidents', authToken: secret }),
    ({ anotherSecret }) => ({ channel: '#alerts', authToken: anotherSecret }),
    ({ stack }, options) => NotificationChannel.slack(stack, 'slack', options),
  ),
  subject<WebhookOptions>(
    'WebhookOptions',
    ({ secret }) => ({ url: 'https://example.com/alerts', username: 'monitoring', password: secret }),
    ({ anotherSecret }) => ({ url: 'https://example.org', username: 'alerts', password: anotherSecret }),
    ({ stack }, options) => NotificationChannel.webhook(stack, 'pager', options),
  ),
  subject<PipelineMonitoringProps>(
    'PipelineMonitoringProps',
    ({ shop, notify }) => ({ entries: [{ service: shop, requestsPerSec: 1 }], notify }),
    ({ office, others }) => ({
      entries: [{ service: office, requestsPerSec: 1 }],
      maxErrorRatio: 0.2,
      maxTimeoutRatio: 0.3,
      minRequests: 50,
      windowMin: 10,
      maxSpansPerMonth: 1_000_000,
      notify: others,
    }),
    ({ stack }, props) => new PipelineMonitoring(stack, 'pipeline', props),
  ),
  subject<PipelineEntry>(
    'PipelineEntry',
    ({ shop }) => ({ service: shop, requestsPerSec: 1 }),
    ({ office }) => ({ service: office, requestsPerSec: 50, spansPerRequest: 12 }),
    ({ stack, notify }, entry) => new PipelineMonitoring(stack, 'pipeline', { entries: [entry], notify }),
  ),
];

/** They decide what is refused and what is told at synth, not what is synthesized: `policy/` tests them. */
const OF_THE_POLICY = ['CloudRunPolicyOptions', 'WaiverOptions'];

describe('an option', () => {
  test('says what holds when it is left out, where it may be', () => {
    const members = optionalMembers();
    expect(members.length).toBeGreaterThan(50);
    const silent = members
      .filter(({ comment }) => !/@default (?:- )?\S/.test(comment))
      .map(({ name }) => name);
    expect(silent).toEqual([]);
  });

  test('is looked at below, whatever interface it is in', () => {
    const seen = SUBJECTS.map(({ name }) => name.replace(/ .*/, ''));
    expect([...new Set([...seen, ...OF_THE_POLICY])].toSorted()).toEqual([...exported].toSorted());
  });
});

describe.each(SUBJECTS)('$name', ({ options, shown }) => {
  let usual: string;
  beforeAll(() => {
    usual = shown();
  });

  test('are synthesized alike each time', () => {
    expect(shown()).toBe(usual);
  });

  test.each(options)('%s changes what is synthesized', (option) => {
    expect(shown(option)).not.toBe(usual);
  });
});
