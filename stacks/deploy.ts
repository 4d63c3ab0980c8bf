import { spawn } from 'node:child_process';
import { ConfigError } from './config';
import { DeploymentError, stackToDeploy } from './deployment';

/** `npm run deploy [-- staging|production]`: deploys the pipeline to Google Cloud with the project's own cdktf. */
try {
  const stack = stackToDeploy(process.argv.slice(2), 'cdktf.json', process.env);
  const child = spawn(process.execPath, [require.resolve('cdktf-cli/bundle/bin/cdktf'), 'deploy', stack], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches Terraform through the terminal; it finishes what it has begun before this process ends.
  process.on('SIGINT', () => {});
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
