/** A process that claims an instance file and holds it until it is killed. Arguments: the file and a start id. */
import { claimInstance } from '../../../local/control/instance-file';
import { startDoor } from './door';

const [, , path = '', startId = ''] = process.argv;

void (async () => {
  const door = await startDoor(startId);
  try {
    await claimInstance(path, door.instance);
    process.stdout.write('claimed\n');
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.name : String(error)}\n`);
    await door.dispose();
  }
})();
