import { ConfigError, stackId } from './config';
import { checkCredentials } from './credentials';
import { DeploymentError } from './deployment-error';
import { moveLocalState } from './local-state';
import { bootstrapStateBucket } from './state-bucket';
import { storageClient } from './storage-client';
import { targetOf } from './target';

function report(line: string): void {
  console.log(line);
}

/** `npm run bootstrap [-- staging|production]`: makes the bucket of Terraform's state. */
async function bootstrap(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { environment, projectId, region, stateBucket } = targetOf('bootstrap', args, 'cdktf.json');
  if (stateBucket === undefined) {
    throw new ConfigError([
      `cdktf.json: context.environments.${environment.name}.stateBucket is missing; ` +
        `write there the name of a bucket to make, such as '${projectId}-terraform-state'`,
    ]);
  }
  checkCredentials(env);
  const client = storageClient(projectId, env);
  const bucket = await bootstrapStateBucket(client, { name: stateBucket, region }, report);

  const stack = stackId(environment.name);
  report(`${stack} keeps its state in gs://${stateBucket}/${stack}, which Terraform locks while it runs`);
  const moved = await moveLocalState(bucket, stack, report);
  // Terraform asks for the flag where its output directory remembers the file.
  report(
    moved ? `next: npx cdktf deploy ${stack} --migrate-state` : `next: npm run deploy -- ${environment.name}`,
  );
}

bootstrap(process.argv.slice(2), process.env).catch((error: unknown) => {
  if (!(error instanceof ConfigError || error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
