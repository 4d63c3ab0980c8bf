import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCloud } from '../../../local/testing';
import { DeployedPipeline } from '../../helpers/deployed-pipeline';
import { type HelloOutputs, HelloStack } from '../../local/testing/hello-stack';

/** What a deployment to the local cloud came to, on the one line that it prints. */
export interface DeploymentResult {
  readonly answered: number;
  readonly greeted: number;
  readonly destroyed: number;
  /** The environments of the containers, one after the other. */
  readonly containers: readonly string[];
}

/** Deploys by cdktf and by the test kit, drives both and destroys, in whatever environment this process has. */
async function main(): Promise<void> {
  const pipeline = await DeployedPipeline.start();
  const response = await pipeline.process('Some text.');
  await pipeline.traceOf(response);
  const record = readFileSync(join(pipeline.cloud.dataDirectory, 'run', 'instances.json'), 'utf8');
  const containers = [...record.matchAll(/"pid":(\d+)/g)].map(([, pid]) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8'),
  );
  const { exitCode } = await pipeline.cdktf('destroy');
  await pipeline.dispose();

  const cloud = await LocalCloud.start();
  const { url } = await cloud.deploy<HelloOutputs>(new HelloStack());
  const greeting = await fetch(url);
  await cloud.dispose();

  const result: DeploymentResult = {
    answered: response.status,
    greeted: greeting.status,
    destroyed: exitCode,
    containers,
  };
  console.log(JSON.stringify(result));
}
void main();
