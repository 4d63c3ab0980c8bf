import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployed, deployedStack } from '../../local/deployed-stack';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synthesized-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const CREATED = '2026-03-01T09:30:00.000Z';

function service(name: string, port: number, env: Record<string, string>): Deployed['services'][number] {
  const template = { container: { env }, serviceAccount: `${name}@x` };
  return {
    spec: { name: `${name}-local`, location: 'europe-west1', template },
    uri: `http://127.0.0.1:${port}`,
    createTime: CREATED,
  };
}

const DEPLOYED: Deployed = {
  services: [
    service('gateway', 5001, { OTEL_SERVICE_NAME: 'gateway', PROCESSOR_URL: 'http://127.0.0.1:5002' }),
    service('processor', 5002, { PORTAL: 'not a URL', OTHER: 'https://example.com' }),
  ],
  buckets: [{ name: 'documents', location: 'US-EAST1' }],
};

it('tells services with the calls that their environment names, and resources with where they are written', async () => {
  // GIVEN
  await mkdir(join(directory, 'stacks', 'pipeline'), { recursive: true });
  const resource = {
    google_cloud_run_v2_service: {
      gateway: { name: 'gateway-local', '//': { metadata: { path: 'pipeline/gateway/Default' } } },
    },
    google_storage_bucket: { documents_1: { name: 'documents' } },
  };
  await writeFile(join(directory, 'stacks', 'pipeline', 'cdk.tf.json'), JSON.stringify({ resource }));
  // WHEN
  const stack = deployedStack(DEPLOYED, directory, Date.parse(CREATED));
  // THEN
  expect(stack).toEqual({
    services: [
      {
        name: 'gateway-local',
        spanService: 'gateway',
        location: 'europe-west1',
        account: 'gateway@x',
        uri: 'http://127.0.0.1:5001',
        calls: ['processor-local'],
        address: 'google_cloud_run_v2_service.gateway',
        construct: 'pipeline/gateway',
      },
      {
        name: 'processor-local',
        spanService: 'processor-local',
        location: 'europe-west1',
        account: 'processor@x',
        uri: 'http://127.0.0.1:5002',
        calls: [],
        address: 'processor-local',
      },
    ],
    buckets: [{ name: 'documents', location: 'US-EAST1', address: 'google_storage_bucket.documents_1' }],
  });
});

it.each([
  [{ OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'none' }, 'OTEL_SDK_DISABLED'],
  [{ OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'none' }, 'OTEL_TRACES_EXPORTER'],
  [{ OTEL_TRACES_EXPORTER: 'gcp_trace' }, undefined],
])('tells of %j which variable turns telemetry off', (env, turnedOffBy) => {
  const { services } = deployedStack({ services: [service('a', 1, env)], buckets: [] }, directory, 0);
  expect(services[0]?.turnedOffBy).toBe(turnedOffBy);
});

it('does not let a trace from before the deployment have its URLs', () => {
  const { services } = deployedStack(DEPLOYED, directory, Date.parse(CREATED) - 1);
  expect(services.map(({ uri }) => uri)).toEqual([undefined, undefined]);
});
