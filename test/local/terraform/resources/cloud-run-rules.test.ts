import { cloudRunService } from '../../../../local/terraform/resources/cloud-run';
import { TerraformWorkspace } from '../../../helpers/terraform';
import type { TerraformDiagnostic } from '../../../../local/testing/terraform-diagnostics';
import { CloudRunFixture } from '../../run/cloud-run-fixture';
import { minimal, service } from './cloud-run-config';

type ServiceConfig = ReturnType<typeof service>;

const container = (attributes: object): ServiceConfig => service({}, {}, attributes);
const limits = (cpu: string, memory: string, more: object = {}): ServiceConfig =>
  container({ resources: { limits: { cpu, memory }, ...more } });

const REFUSALS: readonly (readonly [summary: string, config: ServiceConfig])[] = [
  ['"Gateway" cannot be a Cloud Run service\'s name', service({ name: 'Gateway' })],
  [`"${'a'.repeat(50)}" cannot be a Cloud Run service's name`, service({ name: 'a'.repeat(50) })],
  [
    '"binary_authorization" of a Cloud Run service is not modelled in the local cloud',
    service({ binary_authorization: { use_default: true } }),
  ],
  [
    '"manual_instance_count" of a Cloud Run service is not modelled in the local cloud',
    service({ scaling: { scaling_mode: 'MANUAL', manual_instance_count: 3 } }),
  ],
  [
    'A traffic split is not modelled in the local cloud',
    service({ traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 50 }] }),
  ],
  [
    '"revision" of a Cloud Run service is not modelled in the local cloud',
    service({
      traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'r', percent: 100 }],
    }),
  ],
  [
    'More than one container is not modelled in the local cloud',
    service({}, { containers: [{ image: 'image:1' }, { image: 'image:1' }] }),
  ],
  [
    '"volumes" of a Cloud Run service is not modelled in the local cloud',
    service({}, { volumes: [{ name: 'v', empty_dir: {} }] }),
  ],
  [
    '"vpc_access" of a Cloud Run service is not modelled in the local cloud',
    service({}, { vpc_access: { egress: 'ALL_TRAFFIC' } }),
  ],
  ['"300" cannot be a request timeout', service({}, { timeout: '300' })],
  ['"3601s" cannot be a request timeout', service({}, { timeout: '3601s' })],
  [
    'max_instance_request_concurrency cannot be 1001',
    service({}, { max_instance_request_concurrency: 1001 }),
  ],
  [
    'min_instance_count 3 is more than max_instance_count 2',
    service({}, { scaling: { min_instance_count: 3, max_instance_count: 2 } }),
  ],
  [
    '"volume_mounts" of a Cloud Run service is not modelled in the local cloud',
    container({ volume_mounts: [{ name: 'v', mount_path: '/v' }] }),
  ],
  [
    '"working_dir" of a Cloud Run service is not modelled in the local cloud',
    container({ working_dir: '/' }),
  ],
  ['Port name "h2c" is not modelled in the local cloud', container({ ports: { name: 'h2c' } })],
  ['The variable PORT is reserved', container({ env: [{ name: 'PORT', value: '1' }] })],
  [
    'The variable A is set twice',
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    }),
  ],
  [
    '"grpc" of a Cloud Run service is not modelled in the local cloud',
    container({ startup_probe: { grpc: {} } }),
  ],
  [
    'A probe of port 9090 is not modelled in the local cloud',
    container({ liveness_probe: { http_get: { port: 9090 } } }),
  ],
  [
    'timeout_seconds 11 is more than period_seconds 10',
    container({ startup_probe: { tcp_socket: {}, timeout_seconds: 11 } }),
  ],
  [
    'The startup probe may take 250 s in all',
    container({ startup_probe: { tcp_socket: {}, failure_threshold: 25 } }),
  ],
  ['"3" cannot be a CPU limit', limits('3', '1Gi')],
  ['"64Mi" cannot be a memory limit', limits('1', '64Mi')],
  ['"one" cannot be a memory limit', limits('1', 'one')],
  ['8Gi of memory needs at least 2 CPU, this container has 1000m', limits('1000m', '8Gi')],
  ['4 CPU need at least 2Gi of memory, this container has 1Gi', limits('4', '1Gi')],
  ['Less than one CPU (0.5) cannot be always allocated', limits('0.5', '256Mi')],
  [
    'Less than one CPU (500m) cannot serve 20 requests at a time',
    limits('500m', '256Mi', { cpu_idle: true }),
  ],
];

describe('the configuration of a google_cloud_run_v2_service', () => {
  let cloud: CloudRunFixture;
  let workspace: TerraformWorkspace;

  beforeAll(async () => {
    cloud = await CloudRunFixture.open();
    workspace = await TerraformWorkspace.open({ products: cloud, resourceTypes: [cloudRunService] });
  });
  afterAll(async () => {
    await workspace.dispose();
    await cloud.dispose();
  });

  describe('in a plan of all that cannot be', () => {
    let diagnostics: readonly TerraformDiagnostic[];

    beforeAll(async () => {
      const services = REFUSALS.map(([, { resource }], index) => [
        `s${index}`,
        resource.google_cloud_run_v2_service.gateway,
      ]);
      await workspace.configure({ resource: { google_cloud_run_v2_service: Object.fromEntries(services) } });
      ({ diagnostics } = await workspace.plan());
    });

    test.each(REFUSALS.map(([summary], index) => [summary, index] as const))(
      'is refused: %s',
      (summary, index) => {
        const own = diagnostics.filter(({ address }) => address === `google_cloud_run_v2_service.s${index}`);
        expect(own).toContainEqual(expect.objectContaining({ severity: 'error', summary }));
      },
    );
  });

  test('may have less than one CPU, with CPU during requests only and one of them at a time', async () => {
    const resources = { cpu_idle: true, limits: { cpu: '80m', memory: '512Mi' } };
    const { resource } = service({}, { max_instance_request_concurrency: 1 }, { resources });
    await workspace.configure({ resource });

    expect((await workspace.validate()).diagnostics).toEqual([]);
  });

  test('may have an empty text for what is not set, as with the real provider', async () => {
    const traffic = { type: '', percent: 100, revision: '', tag: '' };
    await workspace.configure(
      minimal({ ingress: '', launch_stage: '', scaling: { scaling_mode: '' }, traffic }),
    );

    expect((await workspace.validate()).diagnostics).toEqual([]);
  });
});
