import { LocalCloud } from '../../../local/testing';
import { HelloStack } from './hello-stack';

/** A process with a cloud that a service runs in, which it leaves as its argument says. */
async function main(): Promise<void> {
  if (process.argv[2] === 'using') {
    await using cloud = await LocalCloud.start();
    await cloud.deploy(new HelloStack());
    return;
  }
  const cloud = await LocalCloud.start();
  await cloud.deploy(new HelloStack());
  if (process.argv[2] === 'exit') process.exit();
  console.log('deployed');
}
void main();
