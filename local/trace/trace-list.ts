import { fit, columnsOfText, oneLine, paint, SGR } from '../logging/terminal-text';
import { formatMs } from './milliseconds';
import type { TraceSummary } from './trace-summary';

const NAME_COLUMNS = 40;
const GAP = '  ';

/**
 * A table of traces: trace id, start (UTC), duration in milliseconds, spans, root span, services; a failed trace is
 * marked with `!`. Returns the empty string for no traces.
 */
export function renderTraceList(
  traces: readonly TraceSummary[],
  options: { readonly colour: boolean },
): string {
  if (traces.length === 0) return '';
  const names = traces.map((trace) => oneLine(trace.rootName));
  const name = Math.min(Math.max('root'.length, ...names.map(columnsOfText)), NAME_COLUMNS);
  const took = Math.max('took ms'.length, ...traces.map((trace) => formatMs(trace.durationNano).length));
  const titles = [
    fit('trace', 32),
    fit('start (UTC)', 12),
    'took ms'.padStart(took),
    'spans',
    fit('root', name),
    'services',
  ];
  const rows = traces.map((trace, index) => {
    const cells = [
      trace.traceId,
      new Date(Number(trace.startUnixNano / 1_000_000n)).toISOString().slice(11, 23),
      formatMs(trace.durationNano).padStart(took),
      String(trace.spanCount).padStart('spans'.length),
      fit(names[index] ?? '', name),
      oneLine(trace.services.join(' → ')),
    ];
    const row = `${trace.error ? '!' : ' '} ${cells.join(GAP)}`;
    return trace.error ? paint(row, SGR.red, options.colour) : row;
  });
  return [GAP + paint(titles.join(GAP), SGR.dim, options.colour), ...rows].join('\n');
}
