import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terraformVersion } from '../../local/terraform-binary';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'terraform-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The environment of somebody whose Terraform is this shell script. */
async function withTerraform(script: string): Promise<NodeJS.ProcessEnv> {
  const binary = join(directory, 'other-terraform');
  await writeFile(binary, `#!/bin/sh\n${script}\n`);
  await chmod(binary, 0o755);
  return { PATH: process.env['PATH'], TERRAFORM_BINARY_NAME: binary };
}

it('is that of the Terraform on the PATH', async () => {
  expect(await terraformVersion(process.env)).toMatch(/^\d+\.\d+\.\d+/);
});

it('is asked for without a look for newer releases, which goes over the network', async () => {
  const env = await withTerraform(`echo "{\\"terraform_version\\":\\"1.5.$CHECKPOINT_DISABLE\\"}"`);
  expect(await terraformVersion(env)).toBe('1.5.1');
});

it.each([
  [
    'is too old',
    `echo '{"terraform_version":"1.4.6"}'`,
    /^Terraform is 1\.4\.6; install Terraform 1\.5 or newer from/,
  ],
  ['fails', 'exit 3', /other-terraform version' does not run; install Terraform 1\.5 or newer from/],
  [
    'tells no version',
    'echo {}',
    /other-terraform version' does not run; install Terraform 1\.5 or newer from/,
  ],
])('of one that %s is an error that says what to install', async (_what, script, message) => {
  const env = await withTerraform(script);
  await expect(terraformVersion(env)).rejects.toThrow(message);
});

it('is an error that says what to install where there is no Terraform', async () => {
  await expect(terraformVersion({ PATH: directory })).rejects.toThrow(
    /^'terraform version' does not run; install/,
  );
});
