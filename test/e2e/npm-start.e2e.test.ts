import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { ProjectCopy } from '../helpers/project-copy';

const START = ['start', '--silent', '--', '--port', '0'];
const STAYS_UP = /Stays up until Ctrl-C/;

let project: ProjectCopy;
beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(async () => {
  await project.dispose();
});

function expectNothingLeft(): void {
  expect(project.processes()).toEqual([]);
  expect(existsSync(project.path('.local', 'instance.json'))).toBe(false);
  expect(existsSync(project.path('.local', 'instance.json.lock'))).toBe(false);
  expect(existsSync(project.path('.local', 'run', 'instances.json'))).toBe(false);
}

async function local(...args: string[]): Promise<{ exitCode: number | null; text: string }> {
  return await project.npm('run', '--silent', 'local', '--', ...args).ended;
}

describe('npm start', () => {
  test('--once deploys, shows the trace of a document as plain lines and leaves nothing behind', async () => {
    const { exitCode, text } = await project.npm(...START, '--once').ended;
    expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
    expect(text).toMatch(/✔ trace +complete/);
    for (const span of ['POST /process', 'POST /documents/:id', 'PUT /documents/:id', 'gcs.upload']) {
      expect(text).toContain(span);
    }
    expect(text).toMatch(/gateway_url +http:\/\/127\.0\.0\.1:\d+/);
    // eslint-disable-next-line no-control-regex -- a terminal's escape sequences are what must not be there
    expect(text).not.toMatch(/\u001B/);
    expectNothingLeft();
  }, 90_000);

  test('stays up for the other commands, refuses a second one, and ends with `down`', async () => {
    // GIVEN
    const first = project.npm(...START);
    await first.until(STAYS_UP);

    // THEN it has said where its page is
    const [, page = '', shown] =
      /On a page: (http:\S+\/)#\/trace\/([0-9a-f]{32})/.exec(first.printed()) ?? [];
    expect(await (await fetch(page)).text()).toContain('<main');

    // WHEN a second one starts, THEN it says so in one line
    const second = await project.npm(...START).ended;
    expect(second.exitCode).toBe(1);
    expect(second.text.trim()).toMatch(/^a local cloud is already running for .*: http:\/\/127\.0\.0\.1:\d+/);
    expect(second.text.trim().split('\n')).toHaveLength(1);

    // WHEN it is asked, THEN it answers for people and for programs
    const status: { services: { name: string }[] } = JSON.parse((await local('status', '--json')).text);
    expect(status.services.map(({ name }) => name).toSorted()).toEqual([
      'gateway-local',
      'processor-local',
      'storage-local',
    ]);
    const traces: { traceId: string }[] = JSON.parse((await local('traces', '--json')).text);
    // The newest first; the other one is of the run before.
    expect(traces).toHaveLength(2);
    const traceId = traces[0]?.traceId ?? '';
    expect(traceId).toBe(shown);
    expect((await local('traces', traceId)).text).toContain('gcs.upload');
    expect((await local('logs', '--trace', traceId)).text).toContain('document stored');
    expect((await local('explain', traceId)).text).toMatch(
      /^POST \/process answered 201 after [\d,]+ ms; nothing failed\. /,
    );
    expect((await local('traces', '--service', 'storage', '--status', '2xx')).text).toContain(traceId);
    expect(JSON.parse((await local('export', traceId)).text)).toHaveProperty('resourceSpans');
    expect((await local('traces', '--errors')).text).toContain('No trace matches.');
    expect((await local('alerts')).text).toContain('No alert has fired');
    expect((await local('alerts', '--policies')).text).toMatch(/ok +p95 latency above 2000 ms over 5 min/);
    const unknown = await local('traces', 'ffff');
    expect(unknown).toEqual({ exitCode: 1, text: "there is no trace 'ffff'\n" });
    expect((await local('deploy', 'document-pipeline-local')).text).toContain('No changes');
    expect((await local('clear')).text).toBe('2 traces cleared.\n');
    expect((await local('traces')).text).toBe('No trace has arrived yet.\n');

    // WHEN it is told to stop, THEN it stops
    expect(await local('down')).toEqual({ exitCode: 0, text: 'The local cloud has stopped.\n' });
    expect((await first.ended).exitCode).toBe(0);
    expectNothingLeft();
    expect(await local('status')).toEqual({
      exitCode: 1,
      text: 'no local cloud is running here; start one with: npm start\n',
    });
  }, 120_000);

  test('stopped by Ctrl-C in the middle of the deploy leaves nothing behind', async () => {
    // GIVEN no log of an earlier deploy
    await rm(project.path('.local'), { recursive: true, force: true });
    const running = project.npm(...START);
    await project.untilFile('.local/deploy.log', /Creating\.\.\./);
    project.signal(running, 'SIGINT');
    expect((await running.ended).text).not.toContain('at ');
    expectNothingLeft();
  }, 60_000);

  test('after a kill -9 starts again, and stopped by Ctrl-C while it stays up leaves nothing behind', async () => {
    // GIVEN
    const killed = project.npm(...START);
    await killed.until(STAYS_UP);
    const left: { pid: number }[] = JSON.parse(
      readFileSync(project.path('.local', 'run', 'instances.json'), 'utf8'),
    );
    expect(left).toHaveLength(3);
    project.signal(killed, 'SIGKILL');
    await killed.ended;
    expect(project.processes().length).toBeGreaterThanOrEqual(3);

    // WHEN
    const running = project.npm(...START);
    await running.until(STAYS_UP);

    // THEN what was left runs no more
    const pids = project.processes().map((line) => Number.parseInt(line.trim(), 10));
    for (const { pid } of left) expect(pids).not.toContain(pid);

    // AND what is stopped is gone
    project.signal(running, 'SIGINT');
    expect((await running.ended).text).not.toContain('at ');
    expectNothingLeft();
  }, 120_000);

  test('says in one line that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { exitCode, text } = await project.npm('start', '--silent', '--', '--port', port).ended;
    server.close();
    expect(exitCode).toBe(1);
    expect(text).toContain(
      `port ${port} on 127.0.0.1 is taken by another program; choose another one with --port`,
    );
    expectNothingLeft();
  }, 30_000);
});
