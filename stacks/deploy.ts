import { spawn } from 'node:child_process';
import { ConfigError, stackId } from './config';
import { environmentToDeploy } from './deployment';
import { DeploymentError } from './deployment-error';
import { requireNoLocalState } from './local-state';
import { requireStateBucket } from './state-bucket';
import { storageClient } from './storage-client';

/** `npm run deploy [-- staging|production]`: deploys the pipeline to Google Cloud with the project's own cdktf. */
async function deploy(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { environment, projectId, stateBucket } = environmentToDeploy(args, 'cdktf.json', env);
  if (stateBucket !== undefined) {
    requireNoLocalState(stackId(environment.name), stateBucket, environment.name);
    await requireStateBucket(storageClient(projectId, env), stateBucket, environment.name);
  }
  const child = spawn(
    process.execPath,
    [require.resolve('cdktf-cli/bundle/bin/cdktf'), 'deploy', stackId(environment.name)],
    { stdio: 'inherit' },
  );
  // Ctrl-C reaches Terraform through the terminal; it finishes what it has begun before this process ends.
  process.on('SIGINT', () => {});
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
}

deploy(process.argv.slice(2), process.env).catch((error: unknown) => {
  if (!(error instanceof ConfigError || error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
