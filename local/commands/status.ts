import { parseArgs } from 'node:util';
import { runningStatus } from './find-running';

/** Shows what is deployed. */
export async function status(args: string[], projectDirectory: string): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
  const found = await runningStatus(projectDirectory);
  if (values.json) {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  const rows = [
    ['process', String(found.pid), found.dataDirectory],
    ['traces', String(found.traces.kept), `the newest ${found.traces.atMost} are kept`],
    ...found.services.map(({ name, revision, uri }) => ['service', name, `${uri}  ${revision}`]),
    ...found.buckets.map(({ name, location }) => ['bucket', name, location]),
  ];
  const width = Math.max(...rows.map(([, name = '']) => name.length));
  for (const [kind = '', name = '', rest = ''] of rows) {
    process.stdout.write(`${kind.padEnd(8)} ${name.padEnd(width)}  ${rest}\n`);
  }
  return 0;
}
