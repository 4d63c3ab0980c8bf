import type { ServerResponse } from 'node:http';
import { stringify } from '../trace/span-json';
import type { TraceStore } from '../trace/trace-store';
import type { TraceSummary } from '../trace/trace-summary';

/** Spans of one request come in several batches within a moment: one look at the store tells of them all. */
const GATHER_MS = 100;

/**
 * Server-sent events (HTML standard, section 9.2), one for each trace that changes from now on and is listed: its summary,
 * again at each change. Ends with the connection.
 *
 * @param list the traces that the reader wants, newest first.
 */
export function streamTraces(traces: TraceStore, list: () => TraceSummary[], response: ServerResponse): void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined = undefined;
  const flush = (): void => {
    timer = undefined;
    // A reader that does not keep up gets the newest state of each trace once it does.
    if (response.writableNeedDrain) return;
    for (const summary of list().toReversed()) {
      if (changed.has(summary.traceId)) response.write(`data: ${stringify(summary)}\n\n`);
    }
    changed.clear();
  };
  const gather = (): void => {
    if (changed.size > 0) timer ??= setTimeout(flush, GATHER_MS);
  };
  const stop = traces.onChange((traceId) => {
    changed.add(traceId);
    gather();
  });
  response.on('drain', gather).on('close', () => {
    stop();
    clearTimeout(timer);
  });
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
}
