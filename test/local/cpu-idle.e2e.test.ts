import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LocalCloud } from '../../local/local-cloud';
import { bundleService } from '../services/telemetry/child-service';

const PROJECT = 'local-test';
const ACCOUNT = `frugal@${PROJECT}.iam.gserviceaccount.com`;
const IMAGE = 'europe-west1-docker.pkg.dev/local-test/services/frugal:1';

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await LocalCloud.start();
}, 60_000);
afterAll(() => cloud.dispose());

test('an instance that is frozen between its requests sends the spans of each of them before', async () => {
  // GIVEN a service that has CPU during requests only, and knows
  const { LOCAL_CLOUD_REGISTRY: registry = '' } = cloud.terraformEnvironment({});
  const published = await fetch(`${registry}/images?uri=${encodeURIComponent(IMAGE)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ directory: dirname(bundleService()) }),
  });
  expect(published.status).toBe(201);
  cloud.products.iam.addMember(
    `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`,
    'roles/cloudtrace.agent',
    `serviceAccount:${ACCOUNT}`,
  );
  const { uri } = await cloud.products.run.create({
    projectId: PROJECT,
    location: 'europe-west1',
    name: 'frugal',
    labels: {},
    ingress: 'INGRESS_TRAFFIC_ALL',
    invokerIamDisabled: true,
    customAudiences: [],
    template: {
      timeoutSec: 60,
      concurrency: 80,
      scaling: { minInstances: 0, maxInstances: 1 },
      serviceAccount: ACCOUNT,
      labels: {},
      container: {
        name: '',
        image: IMAGE,
        command: [],
        args: [],
        env: {
          OTEL_SERVICE_NAME: 'frugal',
          OTEL_TRACES_EXPORTER: 'gcp_trace',
          TRACED_FLUSH: 'request',
          GOOGLE_CLOUD_PROJECT: PROJECT,
        },
        secretEnv: {},
        port: 8080,
        startupProbe: { initialDelaySec: 0, timeoutSec: 5, periodSec: 20, failureThreshold: 1 },
        resources: { cpu: '1000m', memory: '512Mi', cpuIdle: true },
      },
    },
  });

  // WHEN each request is answered, and the next one only comes when the instance has no CPU
  for (let count = 0; count < 10; count += 1) {
    const response = await fetch(`${uri}/quick/${count}`);
    expect(response.status).toBe(200);
    await response.text();
    const traceId = response.headers.get('x-cloud-trace-context') ?? '';

    // THEN its trace is there although the instance does not run
    const { assessment, spans } = await cloud.waitForTrace(traceId, { timeoutMs: 15_000 });
    expect([assessment, spans.map(({ service }) => service)]).toEqual([
      { complete: true, problems: [] },
      expect.arrayContaining(['frugal']),
    ]);
    await untilFrozen();
  }
}, 120_000);

/** Waits until the container is stopped by a signal, which ps calls T. */
async function untilFrozen(): Promise<void> {
  const record = await readFile(join(cloud.dataDirectory, 'run', 'instances.json'), 'utf8');
  const pids = [...record.matchAll(/"pid":(\d+)/g)].map(([, pid]) => String(pid));
  expect(pids).toHaveLength(1);
  const isFrozen = (): boolean =>
    spawnSync('ps', ['-o', 'state=', '-p', pids.join()], { encoding: 'utf8' }).stdout.startsWith('T');
  while (!isFrozen()) await new Promise((resolve) => setImmediate(resolve));
}
