import { columnsOfText, oneLine } from '../logging/terminal-text';
import { formatMs } from './milliseconds';
import type { Span } from './span';
import type { TraceNode, TraceRoot } from './trace-tree';

/** The time a trace covers. */
export interface TimeScale {
  readonly startUnixNano: bigint;
  readonly durationNano: bigint;
}

/** Widths of the table's columns, in terminal columns. */
export interface Columns {
  readonly width: number;
  readonly service: number;
  readonly name: number;
  readonly start: number;
  readonly took: number;
  readonly bar: number;
}

/** One span as a row of the waterfall. */
export interface SpanRow {
  readonly span: Span;
  /** Lines of the tree in front of the span's name. */
  readonly indent: string;
  /** Lines of the tree in front of what is written below the span. */
  readonly indentBelow: string;
  readonly orphan?: TraceRoot['orphan'];
}

export const TITLES = { service: 'service', span: 'span', start: 'start ms', took: 'took ms' };
export const GAP = '  ';

const MAX_SERVICE_COLUMNS = 16;
/** Of what names and bars share, the part that names may take. */
const NAME_SHARE = 0.6;
const LEVEL = { open: '├ ', last: '└ ', through: '│ ', none: '  ' };

/** First start to last end. */
export function timeScale(spans: readonly Span[]): TimeScale {
  const [first] = spans;
  let start = first?.startUnixNano ?? 0n;
  let end = start;
  for (const span of spans) {
    if (span.startUnixNano < start) start = span.startUnixNano;
    if (span.endUnixNano > end) end = span.endUnixNano;
  }
  return { startUnixNano: start, durationNano: end - start };
}

/** Nanoseconds a span lasted; zero where its clock went backwards. */
export function durationOf(span: Span): bigint {
  return span.endUnixNano > span.startUnixNano ? span.endUnixNano - span.startUnixNano : 0n;
}

/** All spans, parents before their children, with the widths that show them within `width`. */
export function layOut(
  roots: readonly TraceRoot[],
  scale: TimeScale,
  width: number,
): { rows: SpanRow[]; columns: Columns } {
  const spans = flatten(roots, width).map(({ span }) => span);
  const service = Math.min(
    longest(
      TITLES.service,
      spans.map((span) => oneLine(span.service)),
    ),
    MAX_SERVICE_COLUMNS,
  );
  const start = longest(
    TITLES.start,
    spans.map((span) => formatMs(span.startUnixNano - scale.startUnixNano)),
  );
  const took = longest(
    TITLES.took,
    spans.map((span) => formatMs(durationOf(span))),
  );
  const shared = width - GAP.length * 5 - service - start - took;
  const nameAtMost = Math.floor(shared * NAME_SHARE);
  const rows = flatten(roots, Math.floor(nameAtMost / 2));
  const names = rows.map((row) => row.indent + oneLine(row.span.name));
  const name = Math.min(longest(TITLES.span, names), nameAtMost);
  return { rows, columns: { width, service, name, start, took, bar: shared - name } };
}

/** Depth first. Levels whose indent would be longer than `maxIndent` are drawn at the last one that is not. */
function flatten(roots: readonly TraceRoot[], maxIndent: number): SpanRow[] {
  const rows: SpanRow[] = [];
  const open: { node: TraceNode; orphan?: TraceRoot['orphan']; indent: string; trunk: string }[] = [];
  for (const root of roots.toReversed())
    open.push({ node: root, orphan: root.orphan, indent: '', trunk: '' });
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, orphan, indent, trunk } = next;
    const { children } = node;
    const indentBelow = trunk + (children.length > 0 ? LEVEL.through : LEVEL.none);
    rows.push({ span: node.span, indent, indentBelow, ...(orphan && { orphan }) });
    const fits = trunk.length + LEVEL.open.length <= maxIndent;
    for (const [index, child] of [...children.entries()].toReversed()) {
      const last = index === children.length - 1;
      open.push({
        node: child,
        indent: fits ? trunk + (last ? LEVEL.last : LEVEL.open) : indent,
        trunk: fits ? trunk + (last ? LEVEL.none : LEVEL.through) : trunk,
      });
    }
  }
  return rows;
}

function longest(title: string, texts: readonly string[]): number {
  return texts.reduce((columns, text) => Math.max(columns, columnsOfText(text)), title.length);
}
