import type { TraceReport } from '../control/trace-report';
import type { LogEntry } from '../logging/log-store';
import { BUCKET, BUCKET_LOCATION, SERVER_ADDRESS } from '../trace/attribute-names';
import type { DeadlineMark } from '../trace/deadlines';
import type { Span } from '../trace/span';
import { buildTraceTree, type TraceRoot } from '../trace/trace-tree';
import { timeScale } from '../trace/waterfall-layout';
import { placeLogs } from '../trace/waterfall-logs';
import { toMs } from './view';

/** Milliseconds from the start of the trace. */
interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** A row of the waterfall: a span, time that no span explains, or something that is called and sends no spans. */
export interface Row extends Interval {
  readonly id: string;
  readonly kind: 'span' | 'dark' | 'peer';
  readonly span?: Span;
  readonly service: string;
  readonly name: string;
  readonly orphan?: TraceRoot['orphan'];
  readonly logs: readonly LogEntry[];
  readonly critical: readonly Interval[];
  readonly deadline?: DeadlineMark | undefined;
  readonly parent?: Row | undefined;
  /** 1 at the top. */
  readonly level: number;
  readonly children: Row[];
}

export interface TraceRows {
  readonly roots: readonly Row[];
  readonly startUnixMs: number;
  readonly durationMs: number;
  /** In the order they appear. */
  readonly services: readonly string[];
}

/** What an address stands for, such as a deployed service. */
export type NameOf = (address: string) => string | undefined;

/** All rows of a trace as trees. */
export function rowsOf(report: TraceReport, nameOf: NameOf): TraceRows {
  const { spans, logs } = report;
  const { startUnixNano: start, durationNano } = timeScale(spans);
  const interval = (time: { startUnixNano: bigint; endUnixNano: bigint }): Interval => {
    const startMs = toMs(time.startUnixNano - start);
    return { startMs, endMs: Math.max(startMs, toMs(time.endUnixNano - start)) };
  };
  const placed = placeLogs(spans, logs);
  const critical = groupBy(report.criticalPath, ({ spanId }) => spanId);
  const dark = groupBy(report.darkTimes, ({ parentSpanId }) => parentSpanId);
  const deadlines = new Map(report.deadlines.map((deadline) => [deadline.spanId, deadline]));

  const roots: Row[] = [];
  const open: { node: TraceRoot; parent?: Row }[] = buildTraceTree(spans, logs)
    .map((node) => ({ node }))
    .toReversed();
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, parent } = next;
    const { span, orphan, children } = node;
    const { spanId, service, name } = span;
    const row: Row = {
      ...rowBelow(parent, spanId, 'span', interval(span)),
      span,
      service,
      name,
      ...(orphan && { orphan }),
      logs: placed.bySpan.get(spanId) ?? [],
      critical: (critical.get(spanId) ?? []).map(interval),
      deadline: deadlines.get(spanId),
    };
    (parent?.children ?? roots).push(row);
    for (const gap of dark.get(spanId) ?? []) {
      const time = interval(gap);
      const made = rowBelow(row, `${spanId}-dark-${time.startMs}`, 'dark', time);
      row.children.push({ ...made, service, name: `dark: ${gap.between}` });
    }
    const peer = children.length === 0 && span.kind === 'client' ? peerName(row, nameOf) : undefined;
    if (peer !== undefined)
      row.children.push({ ...rowBelow(row, `${spanId}-peer`, 'peer', row), service: 'no spans', name: peer });
    for (const child of children.toReversed()) open.push({ node: child, parent: row });
  }
  const rows = allRows(roots);
  // Rows of all kinds below one span are in the order of their start.
  for (const { children } of rows) children.sort((a, b) => a.startMs - b.startMs);
  const services = [...new Set(rows.flatMap(({ span }) => span?.service ?? []))];
  return { roots, startUnixMs: toMs(start), durationMs: toMs(durationNano), services };
}

/** Rows in the order they are shown; what is below a row for which `isClosed` holds is left out. */
export function allRows(roots: readonly Row[], isClosed: (row: Row) => boolean = () => false): Row[] {
  const rows: Row[] = [];
  const open = [...roots].toReversed();
  for (let row = open.pop(); row; row = open.pop()) {
    rows.push(row);
    if (!isClosed(row)) open.push(...row.children.toReversed());
  }
  return rows;
}

function rowBelow(
  parent: Row | undefined,
  id: string,
  kind: Row['kind'],
  { startMs, endMs }: Interval,
): Omit<Row, 'service' | 'name'> {
  const level = (parent?.level ?? 0) + 1;
  return { id, kind, startMs, endMs, logs: [], critical: [], parent, level, children: [] };
}

/** What a client span without spans below it has called: the bucket that it or one above it in its service names, or an address. */
function peerName({ span, service, parent }: Row, nameOf: NameOf): string | undefined {
  const { [BUCKET]: bucket, [BUCKET_LOCATION]: location, [SERVER_ADDRESS]: host } = span?.attributes ?? {};
  if (bucket !== undefined)
    return `bucket ${String(bucket)}${location === undefined ? '' : ` in ${String(location)}`}`;
  const port = span?.attributes['server.port'];
  if (host !== undefined) {
    const address = [host, ...(port === undefined ? [] : [port])].join(':');
    return nameOf(address) ?? address;
  }
  return parent?.service === service ? peerName(parent, nameOf) : undefined;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
