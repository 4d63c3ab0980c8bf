import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from './user-error';

/** `terraform_data`, which publishes images during a deploy, is new in 1.4; 1.5 is the oldest release this is tested on. */
const OLDEST = [1, 5] as const;

/**
 * Version of the Terraform that cdktf will run: `terraform`, or what TERRAFORM_BINARY_NAME names. Throws UserError when
 * there is none or it is too old.
 */
export async function terraformVersion(environment: NodeJS.ProcessEnv): Promise<string> {
  const binary = environment['TERRAFORM_BINARY_NAME'] || 'terraform';
  const remedy = 'install Terraform 1.5 or newer from https://developer.hashicorp.com/terraform/install';
  let version: string;
  try {
    // Without the look for a newer release, which goes over the network.
    const env = { ...environment, CHECKPOINT_DISABLE: '1' };
    const { stdout } = await promisify(execFile)(binary, ['version', '-json'], { env });
    const answer: { terraform_version?: string } | null = JSON.parse(stdout);
    version = answer?.terraform_version ?? '';
    if (!/^\d+\.\d+/.test(version)) throw new Error(`its answer has no terraform_version: ${stdout}`);
  } catch (cause) {
    throw new UserError(`'${binary} version' does not run; ${remedy}`, { cause });
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new UserError(`Terraform is ${version}; ${remedy}`);
  }
  return version;
}
