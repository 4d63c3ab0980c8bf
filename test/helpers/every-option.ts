import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret';
import { SecretManagerSecretVersion } from '@cdktf/provider-google/lib/secret-manager-secret-version';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  Access,
  DeploymentEnvironment,
  LivenessProbe,
  NotificationChannel,
  PipelineMonitoring,
  Sampling,
  Secret,
  ServiceCode,
  StartupProbe,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
  TrafficTarget,
  Volume,
  VpcEgress,
} from '../../constructs';
import { testApp } from './synth';

export const IMAGE = 'europe-docker.pkg.dev/local-options/images/edge:first';

/** Values of the stacks' variables, as Terraform takes them from the environment. */
export const VARIABLES = { TF_VAR_slack: 'xoxb-1', TF_VAR_pager: 'correct horse' };

/** What the local cloud does not model. */
type Unmodelled = Pick<TracedCloudRunServiceProps, 'vpcEgress' | 'traffic'>;

/** A service with every option that the local cloud models, all required so that none is forgotten. */
function modelled(stack: TerraformStack): Required<Omit<TracedCloudRunServiceProps, keyof Unmodelled>> {
  const secret = new SecretManagerSecret(stack, 'stripe-key', {
    secretId: 'stripe-key',
    replication: { auto: {} },
  });
  const version = new SecretManagerSecretVersion(stack, 'version', { secret: secret.id, secretData: 'sk-1' });
  return {
    code: ServiceCode.fromImage(IMAGE, { managedElsewhere: true }),
    environment: DeploymentEnvironment.staging(),
    access: Access.public({ reason: 'anybody may call it', invokerIamDisabled: true }),
    sampling: Sampling.ratio(0.1, { keepSlowerThanMs: 2000 }),
    name: 'edge',
    region: 'europe-west1',
    labels: { team: 'search' },
    deletionProtection: false,
    cpu: 2,
    memoryMiB: 1024,
    cpuIdle: true,
    startupCpuBoost: true,
    concurrency: 20,
    minInstances: 0,
    maxInstances: 3,
    timeoutSec: 60,
    port: 3000,
    command: ['node', 'main.js'],
    args: ['--verbose'],
    env: { LEVEL: 'debug' },
    secrets: { STRIPE_KEY: Secret.version(secret.secretId, version.version) },
    startupProbe: StartupProbe.tcp({ periodSec: 5, failureThreshold: 10 }),
    livenessProbe: LivenessProbe.http('/alive', { periodSec: 30 }),
    tracesExporter: 'otlp',
  };
}

function compose(unmodelled: Unmodelled) {
  const stack = new TerraformStack(testApp(), 'options');
  new GoogleProvider(stack, 'google', { project: 'local-options', region: 'europe-west1' });
  const gateway = new TracedCloudRunService(stack, 'gateway', { ...modelled(stack), ...unmodelled });
  const archive = new StorageBucket(stack, 'archive', {
    name: 'local-archive',
    location: 'europe-west1',
    uniformBucketLevelAccess: true,
    publicAccessPrevention: 'enforced',
    versioning: { enabled: true },
    lifecycleRule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }],
    softDeletePolicy: { retentionDurationSeconds: 604_800 },
  });
  gateway.addBucket('documents');
  gateway.useBucket('archive', archive, { readOnly: true });
  gateway.grantInvoke('group:sre@example.com');
  monitor(stack, gateway);
  return { stack, gateway, archive };
}

function monitor(stack: TerraformStack, gateway: TracedCloudRunService): void {
  const secret = (id: string) => new TerraformVariable(stack, id, { type: 'string', sensitive: true });
  const authToken = secret('slack');
  const password = secret('pager');
  const notify = [
    NotificationChannel.email(stack, 'on-call', 'on-call@example.com'),
    NotificationChannel.slack(stack, 'incidents', { channel: '#incidents', authToken }),
    NotificationChannel.webhook(stack, 'bridge', { url: 'https://example.com', username: 'me', password }),
  ];
  gateway.addLatencyAlert({ p95Ms: 1_000, p99Ms: 2_000, windowMin: 10, notify });
  gateway.addErrorAlert({ notify });
  gateway.addSlo({ availabilityGoal: 0.99, latencyThresholdMs: 1_000, notify });
  gateway.addUptimeCheck({ periodMin: 10, notify });
  new PipelineMonitoring(stack, 'pipeline', {
    entries: [{ service: gateway, requestsPerSec: 1 }],
    notify,
  });
}

/** A stack with all that the local cloud models. */
export function everyModelledOption(): TerraformStack {
  return compose({}).stack;
}

/** A stack with every option there is, and the way around them. */
export function everyOption(): TerraformStack {
  const { stack, gateway, archive } = compose({
    vpcEgress: VpcEgress.allTraffic({ network: 'main', subnetwork: 'apps', tags: ['shop'] }),
    traffic: [
      TrafficTarget.latest({ percent: 10, tag: 'canary' }),
      TrafficTarget.revision('edge-00041-xyz', { percent: 90 }),
    ],
  });
  const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', {
    name: 'billing',
    uri: 'https://billing-123456789012.europe-west1.run.app',
  });
  gateway.calls(billing, { deadlineMs: 800 });
  const shared = Volume.inMemory('shared', { sizeMiB: 64 });
  gateway.addVolume('/shared', shared);
  gateway.addVolume('/archive', Volume.bucket('archive', archive, { readOnly: true }));
  gateway.addSecret('/secrets/tls/key.pem', Secret.version('projects/local-options/secrets/tls', '1'));
  gateway.addSidecar('collector', {
    image: 'collector@sha256:0a',
    command: ['/otelcol'],
    args: ['--config=/etc/otelcol/config.yaml'],
    env: { LEVEL: 'info' },
    secrets: { '/etc/otelcol/config.yaml': Secret.version('otelcol', '2') },
    volumes: { '/shared': shared },
    cpu: 1,
    memoryMiB: 256,
    startupProbe: StartupProbe.http('/', { port: 13_133 }),
    livenessProbe: LivenessProbe.grpc({ port: 4317, service: 'health' }),
  });
  gateway.addSidecar('shipper', { image: 'shipper@sha256:0b', dependsOn: ['service', 'collector'] });
  gateway.cloudRunService.addOverride(
    'template.encryption_key',
    'projects/p/locations/l/keyRings/r/cryptoKeys/k',
  );
  gateway.cloudRunService.addOverride('template.containers.0.working_dir', '/app');
  gateway.cloudRunService.addOverride('binary_authorization.use_default', true);
  return stack;
}
