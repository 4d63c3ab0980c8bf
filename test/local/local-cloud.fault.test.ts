import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { runCdktf } from '../../local/cdktf';
import { LocalCloud } from '../../local/local-cloud';
import { responseTo } from './run/cloud-run-fixture';

let cloud: LocalCloud;
beforeEach(async () => {
  cloud = await LocalCloud.start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await cloud.dispose();
});

it('goes on without log files when they cannot be written, and says so once', async () => {
  // GIVEN
  const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  await rm(cloud.dataDirectory, { recursive: true, force: true });

  // WHEN two things happen that are logged
  const proxy = cloud.terraformEnvironment({})['HTTPS_PROXY'] ?? '';
  for (const host of ['a.example.com', 'b.example.com']) {
    const response = await responseTo(request(proxy, { headers: { host } }).end());
    response.resume();
    expect(response.statusCode).toBe(403);
  }

  // THEN
  expect(cloud.logs.list({ service: 'egress' })).toHaveLength(2);
  expect(said.mock.calls).toEqual([
    ['log lines are no longer kept in files:', expect.objectContaining({ code: 'ENOENT' })],
  ]);
});

it('does not begin a deploy that was stopped before', async () => {
  const lines: string[] = [];
  const deploy = runCdktf({
    args: ['deploy', 'document-pipeline-local'],
    projectDirectory: join(__dirname, '../..'),
    outputDirectory: join(cloud.dataDirectory, 'cdktf.out'),
    environment: cloud.terraformEnvironment(process.env),
    logFile: join(cloud.dataDirectory, 'deploy.log'),
    onLine: (line) => lines.push(line),
    signal: AbortSignal.abort(),
  });
  await expect(deploy).rejects.toThrow('aborted');
  expect(lines).toEqual([]);
});
