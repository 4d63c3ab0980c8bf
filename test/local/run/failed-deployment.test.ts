import { setImmediate as nextTurn } from 'node:timers/promises';
import { CloudRunFixture, program, PROJECT } from './cloud-run-fixture';

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

const say = (text: string): string => program(`(request, response) => response.end('${text}')`);
const body = async (uri: string): Promise<string> => (await fetch(uri)).text();
/** Listening sockets of this process. */
const servers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPServerWrap').length;

describe('a deployment that fails', () => {
  it('names an image that nobody has published, and how images are published', async () => {
    await expect(cloud.run.create(cloud.spec('lost', 'europe-docker.pkg.dev/p/r/lost:1'))).rejects.toThrow(
      /image europe-docker\.pkg\.dev\/p\/r\/lost:1 is not in the local registry.*PUT \$LOCAL_CLOUD_REGISTRY/,
    );
    expect(cloud.run.list()).toEqual([]);
  });

  it('quotes the exit code and the last lines of a container that exits', async () => {
    await expect(cloud.serve('crashing', `console.error('no database'); process.exit(3)`)).rejects.toThrow(
      /^revision crashing-00001-\w{3} of service 'crashing' in europe-west1 is not ready: container of image crashing called exit\(3\)\.\nIts last output:\n {2}no database$/,
    );
    expect(cloud.run.list()).toEqual([]);
  });

  it('quotes what the startup probe got', async () => {
    const probe = { initialDelaySec: 0, timeoutSec: 1, periodSec: 1, failureThreshold: 1 };
    const source = program('(request, response) => { response.statusCode = 500; response.end(); }');
    await expect(
      cloud.serve(
        'unwell',
        source,
        {},
        { startupProbe: { ...probe, httpGet: { path: '/healthz', headers: {} } } },
      ),
    ).rejects.toThrow(
      /did not pass its startup probe \(HTTP GET \/healthz, 1 attempt within 1 s\): HTTP status 500/,
    );
    await expect(
      cloud.serve('silent', 'setInterval(() => {}, 1000)', {}, { startupProbe: probe }),
    ).rejects.toThrow(
      /did not pass its startup probe \(TCP connection, 1 attempt within 1 s\): connect ECONNREFUSED.* It wrote nothing\.$/,
    );
  });

  it('says so when the program cannot be run at all', async () => {
    await expect(cloud.serve('typo', say(''), {}, { command: ['nodde'] })).rejects.toThrow(
      /container of image typo could not be run: spawn nodde ENOENT/,
    );
  });

  it('leaves no server behind when there cannot be such a process', async () => {
    // GIVEN
    const before = servers();

    // WHEN
    const env = { KEY: 'binary\0secret' };
    await expect(cloud.serve('binary', say(''), {}, { env })).rejects.toThrow(
      /container of image binary could not be run: .*KEY.*null bytes/,
    );

    // THEN
    while (servers() > before) await nextTurn();
  });

  it('names the secret that cannot be read', async () => {
    const secretEnv = { KEY: { projectId: PROJECT, secret: 'key', version: '7' } };
    await expect(cloud.serve('keyless', say(''), {}, { secretEnv })).rejects.toThrow(
      'secret key has no version 7',
    );
  });

  it('leaves the old revision serving', async () => {
    // GIVEN
    const uri = await cloud.serve('steady', say('old'));
    await cloud.publish('broken', 'process.exit(1)');

    // WHEN
    await expect(cloud.run.update(cloud.spec('steady', 'broken'))).rejects.toThrow('called exit(1)');

    // THEN
    expect(await body(uri)).toBe('old');
    expect(cloud.run.get(cloud.spec('steady', 'steady'))).toMatchObject({ generation: 1 });
  });
});
