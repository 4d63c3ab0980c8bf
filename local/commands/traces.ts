import { parseArgs } from 'node:util';
import { stringify } from '../control/control-api';
import { columnsOf } from '../progress';
import { renderTraceList } from '../trace/trace-list';
import { renderWaterfall } from '../trace/waterfall';
import { findRunning } from './find-running';
import { UserError } from '../user-error';
import { parseLimit } from './parse-limit';
import { linkTraces } from './trace-links';

/** Shows the newest traces, or one of them with its logs. */
export async function traces(args: string[], projectDirectory: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      errors: { type: 'boolean', default: false },
      limit: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
    },
  });
  const limit = parseLimit(values.limit);
  const [traceId, ...others] = positionals;
  if (others.length > 0)
    throw new UserError(`traces shows one trace or the list, got ${positionals.join(' ')}`);
  if (traceId !== undefined && values.errors)
    throw new UserError('--errors is for the list, not for one trace');
  const client = await findRunning(projectDirectory);
  const colour = process.stdout.isTTY;
  if (traceId !== undefined) {
    const report = await client.trace(traceId);
    const picture = (): string =>
      renderWaterfall(report.spans, report.logs, { width: columnsOf(process.stdout), colour });
    const linked = (): string => linkTraces(picture(), [report.traceId], { cloudUrl: client.url, colour });
    process.stdout.write(`${values.json ? stringify(report) : linked()}\n`);
    return 0;
  }
  const summaries = await client.traces({ errorsOnly: values.errors, limit });
  if (values.json) process.stdout.write(`${stringify(summaries)}\n`);
  else if (summaries.length > 0) {
    const ids = summaries.map((summary) => summary.traceId);
    const list = renderTraceList(summaries, { colour });
    process.stdout.write(`${linkTraces(list, ids, { cloudUrl: client.url, colour })}\n`);
  } else
    process.stdout.write(
      values.errors ? 'No trace with an error has arrived.\n' : 'No trace has arrived yet.\n',
    );
  return 0;
}
