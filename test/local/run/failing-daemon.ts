/** A process that records a container and then fails. Arguments: the file of the record and the container's pid. */
import { ProcessRecord } from '../../../local/run/process-record';

const [, , file = '', pid = ''] = process.argv;

new ProcessRecord(file).add(Number(pid));
process.exit(7);
