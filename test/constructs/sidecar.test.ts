import {
  Secret,
  ServiceCode,
  type SidecarOptions,
  StartupProbe,
  LivenessProbe,
  TracedCloudRunService,
  Volume,
} from '../../constructs';
import { addresses, type Attributes, resource, synth, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const image = 'collector@sha256:0a';
const startupProbe = StartupProbe.http('/', { port: 13_133 });
const AT = "at shop/gateway (sidecar 'collector')";

function service(): TracedCloudRunService {
  return new TracedCloudRunService(testStack(), 'gateway', { code });
}

/** What a service with sidecars synthesizes, and its containers by name. */
function synthSidecars(sidecars: Readonly<Record<string, SidecarOptions>>) {
  const stack = testStack();
  const gateway = new TracedCloudRunService(stack, 'gateway', { code });
  for (const [name, options] of Object.entries(sidecars)) gateway.addSidecar(name, options);
  const synthesized = synth(stack);
  const service: {
    readonly template: { readonly volumes?: unknown; readonly containers: readonly Attributes[] };
  } = JSON.parse(JSON.stringify(resource(synthesized, 'google_cloud_run_v2_service')));
  const { containers, volumes } = service.template;
  return { synthesized, containers, volumes, names: containers.map(({ name }) => name) };
}

describe('a sidecar', () => {
  test('comes after the container of the service, which alone has a port', () => {
    const { containers, names } = synthSidecars({ collector: { image } });
    expect(names).toEqual(['service', 'collector']);
    expect(containers[0]).toMatchObject({ image: 'image', ports: { container_port: 8080 } });
    expect(containers[1]).toEqual({
      name: 'collector',
      image,
      resources: { cpu_idle: false, limits: { cpu: '1', memory: '512Mi' } },
    });
  });

  test('has started before the service where it can tell that it has', () => {
    const { containers } = synthSidecars({ collector: { image, startupProbe }, shipper: { image } });
    expect(containers[0]?.['depends_on']).toEqual(['collector']);
    expect(containers[1]?.['startup_probe']).toMatchObject({ http_get: { path: '/', port: 13_133 } });
  });

  test('starts after those it depends on, and the service does not wait for one that waits for it', () => {
    const { containers } = synthSidecars({
      first: { image, startupProbe },
      second: { image, startupProbe, dependsOn: ['first'] },
      after: { image, startupProbe, dependsOn: ['service'] },
      last: { image, startupProbe, dependsOn: ['after'] },
    });
    expect(containers.map((container) => container['depends_on'])).toEqual([
      ['first', 'second'],
      undefined,
      ['first'],
      ['service'],
      ['after'],
    ]);
  });

  test('has less than one CPU where its service serves one request at a time, with CPU only then', () => {
    const stack = testStack();
    const small = { cpu: 0.5, concurrency: 1, cpuIdle: true };
    const gateway = new TracedCloudRunService(stack, 'gateway', { code, ...small });
    gateway.addSidecar('collector', { image, cpu: 0.08, memoryMiB: 128 });
    const { template } = resource(synth(stack), 'google_cloud_run_v2_service');
    expect(template).toMatchObject({
      max_instance_request_concurrency: 1,
      containers: [
        { resources: { cpu_idle: true, limits: { cpu: '500m', memory: '512Mi' } } },
        { resources: { cpu_idle: true, limits: { cpu: '80m', memory: '128Mi' } } },
      ],
    });
  });

  test('has its own size, command, variables, secrets, volumes and probes', () => {
    const { synthesized, containers, volumes } = synthSidecars({
      collector: {
        image,
        cpu: 2,
        memoryMiB: 128,
        command: ['/otelcol'],
        args: ['--config=/etc/otelcol/config.yaml'],
        env: { LEVEL: 'debug' },
        secrets: {
          '/etc/otelcol/config.yaml': Secret.version('otelcol', '2'),
          TOKEN: Secret.version('token', '1'),
        },
        volumes: { '/shared': Volume.inMemory('shared', { sizeMiB: 16 }) },
        livenessProbe: LivenessProbe.grpc({ port: 4317 }),
      },
    });
    expect(containers[1]).toMatchObject({
      command: ['/otelcol'],
      args: ['--config=/etc/otelcol/config.yaml'],
      env: [
        { name: 'LEVEL', value: 'debug' },
        { name: 'TOKEN', value_source: { secret_key_ref: { secret: 'token', version: '1' } } },
      ],
      resources: { limits: { cpu: '2', memory: '128Mi' } },
      volume_mounts: [{ mount_path: '/etc/otelcol' }, { mount_path: '/shared', name: 'shared' }],
      liveness_probe: { grpc: { port: 4317 } },
    });
    expect(volumes).toHaveLength(2);
    const grants = addresses(synthesized, 'google_secret_manager_secret_iam_member');
    expect(grants).toHaveLength(2);
    const needed = waitsFor(synthesized, 'google_cloud_run_v2_service.gateway');
    expect(grants.filter((grant) => !needed.has(grant))).toEqual([]);
  });

  test('shares a volume with the service by mounting the same one', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const logs = Volume.inMemory('logs', { sizeMiB: 64 });
    gateway.addVolume('/var/log/app', logs);
    gateway.addSidecar('shipper', { image, volumes: { '/logs': logs } });
    expect(resource(synth(stack), 'google_cloud_run_v2_service')).toMatchObject({
      template: {
        volumes: [{ name: 'logs' }],
        containers: [
          { volume_mounts: [{ name: 'logs', mount_path: '/var/log/app' }] },
          { volume_mounts: [{ name: 'logs', mount_path: '/logs' }] },
        ],
      },
    });
  });
});

describe('a sidecar is refused', () => {
  test('with a name that is malformed or taken', () => {
    const gateway = service();
    expect(() => gateway.addSidecar('Collector', { image })).toThrow(
      "TCR023 at shop/gateway (sidecar 'Collector'): a sidecar's name must be at most 63 lower-case letters, digits and " +
        "'-', first a letter and last no '-', got 'Collector'",
    );
    gateway.addSidecar('collector', { image });
    expect(() => gateway.addSidecar('collector', { image })).toThrow(
      `TCR023 ${AT}: there is a container 'collector' already; give this one another name, taken are service, collector`,
    );
    expect(() => gateway.addSidecar('service', { image })).toThrow(
      "TCR023 at shop/gateway (sidecar 'service'): there is a container 'service' already; give this one another name, taken are service, collector",
    );
  });

  test('when it waits for a container that is not there, or that cannot tell when it has started', () => {
    const gateway = service();
    gateway.addSidecar('shipper', { image });
    expect(() => gateway.addSidecar('collector', { image, dependsOn: ['agent'] })).toThrow(
      `TCR024 ${AT}: 'dependsOn' names 'agent', and there are service, shipper; add the sidecar that it waits for first`,
    );
    expect(() => gateway.addSidecar('collector', { image, dependsOn: ['shipper'] })).toThrow(
      `TCR024 ${AT}: 'dependsOn' names 'shipper', which has no startupProbe to tell when it has started; ` +
        'write one, such as startupProbe: StartupProbe.tcp({ port: 4318 })',
    );
  });

  test.each<[Partial<SidecarOptions>, string]>([
    [
      { startupProbe: StartupProbe.tcp() },
      "TCR025 AT: 'startupProbe' of a sidecar needs its port, such as { port: 13133 }",
    ],
    [
      { livenessProbe: LivenessProbe.http('/') },
      "TCR025 AT: 'livenessProbe' of a sidecar needs its port, such as { port: 13133 }",
    ],
    [
      { cpu: 3 },
      "TCR004 AT: 'cpu' must be one of 1, 2, 4, 6, 8, or from 0.08 to below 1 in thousandths, got 3",
    ],
    [
      { cpu: 0.5 },
      'TCR019 AT: cpu: 0.5 is less than one, which goes with concurrency: 1 and cpuIdle: true of the service',
    ],
    [{ memoryMiB: 64 }, "TCR004 AT: 'memoryMiB' must be a whole number within 128..32768, got 64"],
    [{ env: { PORT: '1' } }, "TCR006 AT: 'env' sets PORT, which is reserved by Cloud Run; take it out"],
  ])('with %j', (options, message) => {
    expect(() => service().addSidecar('collector', { image, ...options })).toThrow(message.replace('AT', AT));
  });
});
