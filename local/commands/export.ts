import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UserError } from '../user-error';
import { findRunning } from './find-running';

/** Writes a trace as OTLP JSON, for any tool that takes that. */
export async function exportTrace(args: string[], projectDirectory: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { to: { type: 'string' } },
  });
  const [traceId, ...others] = positionals;
  if (traceId === undefined || others.length > 0)
    throw new UserError(`export takes the id of one trace, got ${positionals.join(' ') || 'none'}`);
  const json = `${JSON.stringify(await (await findRunning(projectDirectory)).otlp(traceId))}\n`;
  if (values.to === undefined) process.stdout.write(json);
  else
    await writeFile(values.to, json).catch((cause: unknown) => {
      throw new UserError(`--to ${values.to} cannot be written`, { cause });
    });
  return 0;
}
