import { parseArgs } from 'node:util';
import { oneLine } from '../logging/terminal-text';
import { UserError } from '../user-error';
import { findRunning } from './find-running';

/** Says in one paragraph where the time of a trace went, what failed and what to change. */
export async function explain(args: string[], projectDirectory: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const [traceId, ...others] = positionals;
  if (traceId === undefined || others.length > 0)
    throw new UserError(`explain takes the id of one trace, got ${positionals.join(' ') || 'none'}`);
  const explanation = await (await findRunning(projectDirectory)).explanation(traceId);
  process.stdout.write(`${values.json ? JSON.stringify(explanation) : oneLine(explanation.paragraph)}\n`);
  return 0;
}
