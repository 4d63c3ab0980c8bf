import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LocalCloud } from '../../../local/testing';
import { processesIn } from '../../helpers/project-copy';
import { HelloStack } from './hello-stack';

/** A process with a cloud that a service runs in, which it leaves as its argument says. */
async function main(): Promise<void> {
  if (process.argv[2] === 'using') {
    await using cloud = await LocalCloud.start();
    await cloud.deploy(new HelloStack());
    return;
  }
  const cloud = await LocalCloud.start();
  if (process.argv[2] === 'dispose-early') {
    const stack = new HelloStack();
    // It never listens, so that its deploy waits for it.
    const idle = ['node', '--eval', 'setInterval(() => undefined, 1_000)'];
    stack.hello.cloudRunService.addOverride('template.containers.0.command', idle);
    const deployed = cloud.deploy(stack).catch(String);
    while (!isContainerStarted()) await setImmediate();
    await cloud.dispose();
    console.log(await deployed);
    return;
  }
  await cloud.deploy(new HelloStack());
  if (process.argv[2] === 'exit') process.exit();
  process.once('SIGTERM', () => process.exit());
  console.log('deployed');
}

function isContainerStarted(): boolean {
  return processesIn(join(tmpdir(), 'local-cloud-')).some((line) => line.includes('--eval'));
}

void main();
