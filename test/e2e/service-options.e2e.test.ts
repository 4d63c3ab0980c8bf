import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cleanup } from '../../local/cleanup';
import { LocalCloud } from '../../local/local-cloud';
import { everyModelledOption, everyOption, IMAGE, VARIABLES } from '../helpers/every-option';
import { synth } from '../helpers/synth';
import { type Config, succeeded, TerraformWorkspace } from '../helpers/terraform';

const SERVICE = 'google_cloud_run_v2_service.gateway';
/** Answers with what it was told. */
const PROGRAM = `require('node:http').createServer((request, response) => {
  response.end(JSON.stringify({ env: process.env, args: process.argv.slice(2) }));
}).listen(process.env.PORT);`;

const cleanup = new Cleanup();
let cloud: LocalCloud;
let workspace: TerraformWorkspace;

beforeAll(async () => {
  cloud = await LocalCloud.start();
  cleanup.defer(() => cloud.dispose());
  const image = join(cloud.dataDirectory, 'image');
  await mkdir(image);
  await writeFile(join(image, 'main.js'), PROGRAM);
  const { TF_REATTACH_PROVIDERS: reattach = '', LOCAL_CLOUD_REGISTRY: registryUrl } =
    cloud.terraformEnvironment({});
  const answer = await fetch(`${registryUrl}/images?uri=${encodeURIComponent(IMAGE)}`, {
    method: 'PUT',
    body: JSON.stringify({ directory: image }),
  });
  if (answer.status !== 201) throw new Error(`the image was not taken: ${await answer.text()}`);
  workspace = await TerraformWorkspace.open({ reattach, env: VARIABLES });
  cleanup.defer(() => workspace.dispose());
});
afterAll(() => cleanup.run());

async function configure(stack: Parameters<typeof synth>[0]): Promise<void> {
  const { json, terraform } = synth(stack);
  const config: Config = JSON.parse(json);
  await workspace.configure({
    ...config,
    terraform: { required_providers: terraform['required_providers'] },
  });
}

test('a service with every option that is modelled is deployed as it says, once, and destroyed', async () => {
  await configure(everyModelledOption());
  succeeded(await workspace.apply());

  const { [SERVICE]: state } = await workspace.state();
  const answer = await fetch(String(state?.['uri']));
  const told: { env: Record<string, string>; args: string[] } = JSON.parse(await answer.text());
  expect(told.args).toEqual(['--verbose']);
  expect(told.env).toMatchObject({
    LEVEL: 'debug',
    STRIPE_KEY: 'sk-1',
    ARCHIVE_BUCKET: 'local-archive',
    ARCHIVE_BUCKET_LOCATION: 'EUROPE-WEST1',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_TRACES_SAMPLER_ARG: '0.1',
  });
  // The port itself is another one here, because all containers share one machine.
  expect(state?.['template']).toMatchObject([{ containers: [{ ports: [{ container_port: 3000 }] }] }]);
  expect(state?.['effective_labels']).toMatchObject({ team: 'search' });

  expect(succeeded(await workspace.plan()).actions).toEqual({});
  succeeded(await workspace.destroy());
});

test('what is not modelled is refused by name before anything is deployed', async () => {
  await configure(everyOption());
  const { ok, diagnostics } = await workspace.plan();
  expect(ok).toBe(false);
  const refused = diagnostics.map(({ summary }) => summary).join('\n');
  for (const part of [
    'volumes',
    'vpc_access',
    'More than one container',
    'tag',
    'traffic split',
    'encryption_key',
  ]) {
    expect(refused).toContain(part);
  }
});
