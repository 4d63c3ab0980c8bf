import { parseArgs } from 'node:util';
import { renderLogLines } from '../logging/log-lines';
import { findRunning } from './find-running';
import { parseLimit } from './parse-limit';

/** Shows the newest log entries, of everything or of one trace or service. */
export async function logs(args: string[], projectDirectory: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      trace: { type: 'string' },
      service: { type: 'string' },
      limit: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
    },
  });
  const limit = parseLimit(values.limit);
  const entries = await (
    await findRunning(projectDirectory)
  ).logs({
    limit,
    ...(values.trace !== undefined && { traceId: values.trace }),
    ...(values.service !== undefined && { service: values.service }),
  });
  if (values.json) process.stdout.write(`${JSON.stringify(entries)}\n`);
  else if (entries.length > 0)
    process.stdout.write(`${renderLogLines(entries, { colour: process.stdout.isTTY })}\n`);
  else process.stdout.write('No log entry matches.\n');
  return 0;
}
