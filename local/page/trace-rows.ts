import type { TraceReport } from '../control/trace-report';
import { messageOf } from '../logging/log-lines';
import type { LogEntry } from '../logging/log-store';
import type { Span } from '../trace/span';
import { buildTraceTree, type TraceNode, type TraceRoot } from '../trace/trace-tree';
import { timeScale } from '../trace/waterfall-layout';
import { placeLogs } from '../trace/waterfall-logs';

type Nanos = string | bigint;

/** What a trace's report may tell besides; nanoseconds may be decimal digits. */
export interface TraceStory {
  readonly criticalPath?: readonly TimeOfSpan[];
  readonly darkTimes?: readonly {
    readonly parentSpanId: string;
    readonly startUnixNano: Nanos;
    readonly endUnixNano: Nanos;
    readonly between: string;
  }[];
  readonly deadlines?: readonly {
    readonly spanId: string;
    readonly unixNano: Nanos;
    readonly ms: number;
    readonly service: string;
  }[];
}

interface TimeOfSpan {
  readonly spanId: string;
  readonly startUnixNano: Nanos;
  readonly endUnixNano: Nanos;
}

/** Milliseconds from the start of the trace. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** A log entry or an event of a span. */
interface Mark {
  readonly kind: 'log' | 'error' | 'event';
  readonly atMs: number;
  readonly text: string;
}

interface DeadlineMark {
  readonly atMs: number;
  readonly ms: number;
  readonly service: string;
  /** Whether it is the row's own, and not that of a span above. */
  readonly own: boolean;
}

/** A row of the waterfall: a span, time that no span explains, or something that is called and sends no spans. */
export interface Row extends Interval {
  readonly id: string;
  readonly kind: 'span' | 'dark' | 'peer';
  readonly span?: Span;
  readonly service: string;
  readonly name: string;
  readonly orphan?: TraceRoot['orphan'];
  readonly failed: boolean;
  readonly logs: readonly LogEntry[];
  readonly marks: readonly Mark[];
  readonly critical: readonly Interval[];
  readonly deadlines: readonly DeadlineMark[];
  readonly parent?: Row;
  /** 1 at the top. */
  readonly level: number;
  readonly children: Row[];
}

export interface TraceRows {
  readonly roots: readonly Row[];
  readonly durationMs: number;
  /** In the order they appear. */
  readonly services: readonly string[];
  /** Entries of no span. */
  readonly outside: readonly LogEntry[];
}

/** Severities that make a mark an error (google.logging.type.LogSeverity). */
const SEVERE: ReadonlySet<string> = new Set(['ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY']);

/** All rows of a trace as trees. `nameOf` tells the name behind an address, such as that of a deployed service. */
export function rowsOf(
  report: TraceReport & TraceStory,
  nameOf: (address: string) => string | undefined,
): TraceRows {
  const { spans, logs } = report;
  const scale = timeScale(spans);
  const at = (nano: bigint): number => Number(nano - scale.startUnixNano) / 1e6;
  const placed = placeLogs(spans, logs);
  const critical = groupBy(report.criticalPath ?? [], ({ spanId }) => spanId);
  const dark = groupBy(report.darkTimes ?? [], ({ parentSpanId }) => parentSpanId);
  const deadlines = groupBy(report.deadlines ?? [], ({ spanId }) => spanId);
  const interval = (time: { startUnixNano: Nanos; endUnixNano: Nanos }): Interval => ({
    startMs: at(BigInt(time.startUnixNano)),
    endMs: at(BigInt(time.endUnixNano)),
  });

  const roots: Row[] = [];
  const services = new Set<string>();
  const open: { node: TraceNode; orphan?: TraceRoot['orphan']; parent?: Row }[] = buildTraceTree(spans, logs)
    .map((root) => ({ node: root, ...(root.orphan && { orphan: root.orphan }) }))
    .toReversed();
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, orphan, parent } = next;
    const { span } = node;
    services.add(span.service);
    const entries = placed.bySpan.get(span.spanId) ?? [];
    const row: Row = {
      id: span.spanId,
      kind: 'span',
      span,
      service: span.service,
      name: span.name,
      startMs: at(span.startUnixNano),
      endMs: Math.max(at(span.startUnixNano), at(span.endUnixNano)),
      ...(orphan && { orphan }),
      failed: span.status === 'error',
      logs: entries,
      marks: [
        ...entries.map((entry) => markOfLog(entry, Number(scale.startUnixNano) / 1e6)),
        ...span.events.map(({ name, unixNano }) => ({
          kind: 'event' as const,
          atMs: at(unixNano),
          text: name,
        })),
      ],
      critical: (critical.get(span.spanId) ?? []).map(interval),
      deadlines: [
        ...(parent?.deadlines ?? []).map((mark) => ({ ...mark, own: false })),
        ...(deadlines.get(span.spanId) ?? []).map(({ unixNano, ms, service }) => ({
          atMs: at(BigInt(unixNano)),
          ms,
          service,
          own: true,
        })),
      ],
      ...(parent && { parent }),
      level: (parent?.level ?? 0) + 1,
      children: [],
    };
    (parent?.children ?? roots).push(row);
    for (const gap of dark.get(span.spanId) ?? [])
      row.children.push(unexplained(row, interval(gap), gap.between));
    const peer = node.children.length === 0 && span.kind === 'client' ? peerName(row, nameOf) : undefined;
    if (peer !== undefined)
      row.children.push({ ...madeUp(row, 'peer', row), service: 'no spans', name: peer });
    for (const child of node.children.toReversed()) open.push({ node: child, parent: row });
  }
  // Rows of both kinds below one span are in the order of their start.
  for (const row of allRows(roots)) row.children.sort((a, b) => a.startMs - b.startMs);
  return {
    roots,
    durationMs: Number(scale.durationNano) / 1e6,
    services: [...services],
    outside: placed.outside,
  };
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

function unexplained(parent: Row, time: Interval, between: string): Row {
  return { ...madeUp(parent, 'dark', time), service: parent.service, name: `dark: ${between}` };
}

function madeUp(
  parent: Row,
  kind: 'dark' | 'peer',
  { startMs, endMs }: Interval,
): Omit<Row, 'service' | 'name'> {
  const { level, deadlines } = parent;
  return {
    id: `${parent.id}-${kind}-${startMs}`,
    kind,
    startMs,
    endMs,
    failed: false,
    logs: [],
    marks: [],
    critical: [],
    deadlines: deadlines.map((mark) => ({ ...mark, own: false })),
    parent,
    level: level + 1,
    children: [],
  };
}

/** What a client span without spans below it has called: the bucket that it or one above it in its service names, or an address. */
function peerName(
  { span, service, parent }: Row,
  nameOf: (address: string) => string | undefined,
): string | undefined {
  const { attributes = {} } = span ?? {};
  const bucket = attributes['gcp.storage.bucket'];
  const location = attributes['gcp.storage.bucket.location'];
  if (bucket !== undefined)
    return `bucket ${String(bucket)}${location === undefined ? '' : ` in ${String(location)}`}`;
  const { 'server.address': host, 'server.port': port } = attributes;
  if (host !== undefined) {
    const address = port === undefined ? String(host) : `${String(host)}:${String(port)}`;
    return nameOf(address) ?? address;
  }
  return parent && parent.service === service ? peerName(parent, nameOf) : undefined;
}

function markOfLog(entry: LogEntry, startUnixMs: number): Mark {
  return {
    kind: SEVERE.has(entry.severity) ? 'error' : 'log',
    atMs: Date.parse(entry.timestamp) - startUnixMs,
    text: `${entry.severity} ${messageOf(entry)}`,
  };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
