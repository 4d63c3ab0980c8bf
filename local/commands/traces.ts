import { parseArgs } from 'node:util';
import { columnsOf } from '../progress';
import { stringify } from '../trace/span-json';
import type { TraceQuery } from '../trace/trace-query';
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
      service: { type: 'string' },
      route: { type: 'string' },
      status: { type: 'string' },
      'min-duration-ms': { type: 'string' },
      text: { type: 'string' },
      limit: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
    },
  });
  const { errors, limit: atMost, json, 'min-duration-ms': minDuration, ...texts } = values;
  const limit = parseLimit(atMost);
  const [traceId, ...others] = positionals;
  if (others.length > 0)
    throw new UserError(`traces shows one trace or the list, got ${positionals.join(' ')}`);
  const filters: TraceQuery = {
    ...texts,
    ...(errors && { errorsOnly: true }),
    ...(minDuration !== undefined && { minDurationMs: parseLimit(minDuration, '--min-duration-ms') }),
  };
  const isFiltered = Object.keys(filters).length > 0;
  if (traceId !== undefined && isFiltered)
    throw new UserError('filters such as --errors are for the list, not for one trace');
  const client = await findRunning(projectDirectory);
  const colour = process.stdout.isTTY;
  if (traceId !== undefined) {
    const report = await client.trace(traceId);
    const picture = (): string =>
      renderWaterfall(report.spans, report.logs, { width: columnsOf(process.stdout), colour });
    const linked = (): string => linkTraces(picture(), [report.traceId], { cloudUrl: client.url, colour });
    process.stdout.write(`${json ? stringify(report) : linked()}\n`);
    return 0;
  }
  const summaries = await client.traces({ ...filters, limit });
  if (json) process.stdout.write(`${stringify(summaries)}\n`);
  else if (summaries.length > 0) {
    const ids = summaries.map((summary) => summary.traceId);
    const list = renderTraceList(summaries, { colour });
    process.stdout.write(`${linkTraces(list, ids, { cloudUrl: client.url, colour })}\n`);
  } else process.stdout.write(isFiltered ? 'No trace matches.\n' : 'No trace has arrived yet.\n');
  return 0;
}
