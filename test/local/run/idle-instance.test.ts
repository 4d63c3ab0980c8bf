import { spawnSync } from 'node:child_process';
import { CloudRunFixture, program } from './cloud-run-fixture';

const ANSWER_PID = program(
  `(request, response) => {
    if (request.url === '/live') console.log('probed');
    response.end(String(process.pid));
  }`,
  `process.on('exit', () => console.log('bye'));`,
);

let cloud: CloudRunFixture;
afterEach(() => cloud.dispose());

async function pidOf(uri: string): Promise<number> {
  return Number(await (await fetch(uri)).text());
}

/** Waits until the process is stopped by a signal, which ps calls T. */
async function untilFrozen(pid: number): Promise<void> {
  const state = (): string =>
    spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  while (state() !== 'T') await new Promise((resolve) => setImmediate(resolve));
}

describe('an instance without requests', () => {
  it('is stopped where none has to stay warm, and the next request starts another', async () => {
    // GIVEN
    cloud = await CloudRunFixture.open(undefined, 20);
    const uri = await cloud.serve('seldom', ANSWER_PID);

    // THEN the one that was started by the deployment has seen no request
    await cloud.logged(({ log, message }) => log === 'system' && message.startsWith('Instance is stopped'));
    await cloud.line('bye');

    // WHEN
    const pid = await pidOf(uri);

    // THEN
    await cloud.logged(() => cloud.logs.filter(({ message }) => message === 'bye').length === 2);
    expect(await pidOf(uri)).not.toBe(pid);
    expect(cloud.logs.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  });

  it('stays where one has to be warm', async () => {
    cloud = await CloudRunFixture.open(undefined, 1);
    const uri = await cloud.serve('warm', ANSWER_PID, { scaling: { minInstances: 1, maxInstances: 1 } });
    const pid = await pidOf(uri);
    // Another service with the same idle time has come and gone meanwhile.
    await cloud.serve('seldom', ANSWER_PID);
    await cloud.line('bye');
    expect(await pidOf(uri)).toBe(pid);
  });
});

describe('an instance that has CPU during requests only', () => {
  const CPU_IDLE = { resources: { cpu: '1000m', memory: '512Mi', cpuIdle: true } };

  it('does nothing between them, and goes on with the next', async () => {
    cloud = await CloudRunFixture.open();
    const uri = await cloud.serve('frugal', ANSWER_PID, {}, CPU_IDLE);
    const pid = await pidOf(uri);
    await untilFrozen(pid);
    expect(await pidOf(uri)).toBe(pid);
    await untilFrozen(pid);
  });

  it('has it for probes as well', async () => {
    cloud = await CloudRunFixture.open();
    await cloud.serve(
      'probed',
      ANSWER_PID,
      {},
      {
        ...CPU_IDLE,
        livenessProbe: {
          httpGet: { path: '/live', headers: {} },
          initialDelaySec: 0,
          timeoutSec: 1,
          periodSec: 1,
          failureThreshold: 1,
        },
      },
    );
    await cloud.logged(() => cloud.logs.filter(({ message }) => message === 'probed').length >= 2);
    expect(cloud.logs.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  });

  it('has it to shut down', async () => {
    cloud = await CloudRunFixture.open();
    const uri = await cloud.serve('frugal', ANSWER_PID, {}, CPU_IDLE);
    await untilFrozen(await pidOf(uri));
    await cloud.dispose();
    expect(cloud.logs.map(({ message }) => message)).toContain('bye');
  });
});
