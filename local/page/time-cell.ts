import { h, heard } from './dom';
import { isSevere } from './log-table';
import type { Row, TraceRows } from './trace-rows';
import { count, ms, toMs } from './view';

/** Hues of services, in degrees: without red, which failures have, and in steps of the golden section, so that none is near another. */
const HUES = { from: 70, count: 270, first: 180, step: 167 } as const;

/** The bar of a row with what happened on it, and the same in words. */
export function timeCell(row: Row, { startUnixMs, durationMs, services }: TraceRows): HTMLElement {
  const { critical, logs, span, startMs, endMs, deadline, orphan } = row;
  const percent = (atMs: number): number =>
    durationMs === 0 ? 0 : Math.min(Math.max((atMs / durationMs) * 100, 0), 100);
  const place = (className: string, fromMs: number, upToMs = fromMs): HTMLElement => {
    const element = h('span', { class: className });
    element.style.left = `${percent(fromMs)}%`;
    if (upToMs > fromMs) element.style.width = `${percent(upToMs) - percent(fromMs)}%`;
    return element;
  };

  const bar = place('bar', startMs, endMs);
  const hue = HUES.from + ((HUES.first + services.indexOf(row.service) * HUES.step) % HUES.count);
  bar.style.setProperty('--hue', String(hue));
  const deadlines: HTMLElement[] = [];
  // The deadline of a span is drawn through everything below it.
  for (let above: Row | undefined = row; above; above = above.parent) {
    if (above.deadline)
      deadlines.push(
        place(above === row ? 'deadline own' : 'deadline', toMs(above.deadline.unixNano) - startUnixMs),
      );
  }
  const words = wordsOf(row, deadline && toMs(deadline.unixNano) - startUnixMs);
  return h(
    'div',
    { role: 'gridcell', class: 'time', title: words.join('\n') },
    bar,
    ...critical.map((part) => place('critical', part.startMs, part.endMs)),
    ...deadlines,
    ...logs.map((entry) =>
      place(isSevere(entry) ? 'mark error' : 'mark log', Date.parse(entry.timestamp) - startUnixMs),
    ),
    ...(span?.events ?? []).map(({ unixNano }) => place('mark', toMs(unixNano) - startUnixMs)),
    orphan && h('span', { class: 'note' }, orphan === 'cycle' ? 'its own ancestor' : 'orphan'),
    heard(words.join('; ')),
  );
}

/** `deadlineMs`: when the row's own deadline is over, from the start of the trace. */
function wordsOf(row: Row, deadlineMs: number | undefined): string[] {
  const { span, orphan, kind, critical, logs, deadline } = row;
  const errors = logs.filter(isSevere).length;
  const criticalMs = critical.reduce((sum, part) => sum + part.endMs - part.startMs, 0);
  const given = deadline && `deadline of ${deadline.ms.toLocaleString('en')} ms`;
  return [
    span?.status === 'error' && `failed${span.statusMessage ? `: ${span.statusMessage}` : ''}`,
    orphan === 'missing-parent' && 'orphan: its parent has not arrived',
    orphan === 'cycle' && 'it is its own ancestor',
    kind === 'peer' && 'sends no spans of its own',
    kind === 'dark' && 'no span explains this time',
    critical.length > 0 && `${ms(criticalMs)} on the critical path`,
    given && `${given} ${(deadlineMs ?? 0) < row.endMs ? 'passed' : 'kept'}`,
    logs.length > 0 && count(logs.length, 'log line') + (errors > 0 ? `, ${errors} of them errors` : ''),
  ].filter((word) => typeof word === 'string');
}
