import { interferenceNote } from '../faults/interference';
import { messageOf, paintSeverity } from '../logging/log-lines';
import type { LogEntry } from '../logging/log-store';
import { columnsOfText, fit, oneLine, paint, SGR, truncate } from '../logging/terminal-text';
import { criticalPath, type DarkTime } from './critical-path';
import { formatMs } from './milliseconds';
import type { Span } from './span';
import { assessTrace, buildTraceTree } from './trace-tree';
import { renderBar } from './waterfall-bar';
import { renderHeader } from './waterfall-header';
import {
  durationOf,
  GAP,
  layOut,
  timeScale,
  TITLES,
  type Columns,
  type SpanRow,
  type TimeScale,
} from './waterfall-layout';
import { placeLogs } from './waterfall-logs';
import { darkNote, pathHeadline } from './waterfall-path';

interface WaterfallOptions {
  /** Columns of the terminal; fewer than 60 are drawn as 60. */
  readonly width: number;
  /** Whether to use the terminal's colours. Nothing is told by colour alone. */
  readonly colour: boolean;
}

const MIN_WIDTH = 60;
/** Severities from DEFAULT to WARNING take the same room, so that most messages stand below each other. */
const SEVERITY_COLUMNS = 'WARNING'.length;
const SERVICE_COLOURS = [SGR.cyan, SGR.green, SGR.magenta, SGR.blue, SGR.yellow];

/**
 * Draws a trace as text: a header with the critical path; one row per span with its bar on the trace's time scale; below
 * each span what went wrong with it, its dark times and its log lines. `logs` are the entries of the trace. Returns lines joined by newlines, none of them
 * longer than the width.
 */
export function renderWaterfall(
  spans: readonly Span[],
  logs: readonly LogEntry[],
  options: WaterfallOptions,
): string {
  const width = Math.max(options.width, MIN_WIDTH);
  const { colour } = options;
  const scale = timeScale(spans);
  const roots = buildTraceTree(spans, logs);
  const { rows, columns } = layOut(roots, scale, width);
  const placed = placeLogs(spans, logs);
  const services = [...new Set(rows.map(({ span }) => span.service))];
  const draw = { columns, scale, colour, services };
  const critical = criticalPath(spans, logs);
  const path = pathHeadline(critical, roots);

  const lines = renderHeader(spans, logs, { root: roots[0]?.span, path, width, colour });
  if (rows.length > 0) lines.push('', renderTitles(draw));
  for (const row of rows) {
    lines.push(renderSpan(row, draw));
    const darkTimes = critical.darkTimes.filter(({ parentSpanId }) => parentSpanId === row.span.spanId);
    const notes = [...notesOf(row), ...darkTimes.map((time) => darkNoteOf(time, scale))];
    lines.push(...notes.map((note) => renderBelow(row, note, draw)));
    for (const entry of placed.bySpan.get(row.span.spanId) ?? []) {
      lines.push(renderBelow(row, { mark: ' ', ...logText(entry) }, draw));
    }
  }
  if (placed.outside.length > 0) {
    lines.push('', `${GAP}log lines outside these spans`);
    lines.push(...placed.outside.map((entry) => renderOutside(entry, draw)));
  }
  const { problems } = assessTrace(spans, logs);
  if (spans.length > 0 && problems.length > 0) {
    lines.push('', `${GAP}the trace is incomplete`);
    lines.push(...problems.map((problem) => `${GAP}- ${truncate(oneLine(problem), width - 4)}`));
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

interface Drawing {
  readonly columns: Columns;
  readonly scale: TimeScale;
  readonly colour: boolean;
  readonly services: readonly string[];
}

/** A line below a span: a mark for the margin, a word and what it introduces. */
interface Note {
  readonly mark: string;
  readonly text: string;
  readonly painted: (text: string, colour: boolean) => string;
}

/** Titles of the columns; over the bars, the ends of the time scale. */
function renderTitles({ columns, scale, colour }: Drawing): string {
  const titles = [
    fit(TITLES.service, columns.service),
    fit(TITLES.span, columns.name),
    TITLES.start.padStart(columns.start),
    TITLES.took.padStart(columns.took),
    `0${formatMs(scale.durationNano).padStart(columns.bar - 1)}`,
  ];
  return GAP + paint(titles.join(GAP), SGR.dim, colour);
}

function renderSpan({ span, indent }: SpanRow, { columns, scale, colour, services }: Drawing): string {
  const failed = span.status === 'error';
  const serviceColour = SERVICE_COLOURS[services.indexOf(span.service) % SERVICE_COLOURS.length] ?? SGR.cyan;
  const name = fit(oneLine(span.name), columns.name - columnsOfText(indent));
  const cells = [
    paint(fit(oneLine(span.service), columns.service), serviceColour, colour),
    paint(indent, SGR.dim, colour) + (failed ? paint(name, SGR.red, colour) : name),
    formatMs(span.startUnixNano - scale.startUnixNano).padStart(columns.start),
    formatMs(durationOf(span)).padStart(columns.took),
    paint(renderBar(span, scale, columns.bar), failed ? SGR.red : serviceColour, colour),
  ];
  return `${failed ? paint('!', SGR.red, colour) : ' '} ${cells.join(GAP)}`;
}

/** What is to be said of a span: what the local cloud did to it, its error, and a parent that is not there. */
function notesOf({ span, orphan }: SpanRow): Note[] {
  const notes: Note[] = [];
  const interference = interferenceNote(span.attributes);
  if (interference !== undefined) notes.push({ mark: ' ', text: interference, painted: (text) => text });
  if (span.status === 'error') {
    const exception = span.events.find((event) => event.name === 'exception')?.attributes[
      'exception.message'
    ];
    const reason = span.statusMessage ?? exception ?? span.attributes['error.type'];
    notes.push({
      mark: ' ',
      text: reason === undefined ? 'failed' : `failed: ${String(reason)}`,
      painted: red,
    });
  }
  if (orphan === 'missing-parent') {
    notes.push({ mark: '?', text: `its parent ${span.parentSpanId ?? ''} has not arrived`, painted: red });
  }
  if (orphan === 'cycle') notes.push({ mark: '?', text: 'it is its own ancestor', painted: red });
  return notes;
}

function darkNoteOf(time: DarkTime, { startUnixNano }: TimeScale): Note {
  return {
    mark: '?',
    text: darkNote(time, startUnixNano),
    painted: (text, colour) => paint(text, SGR.dim, colour),
  };
}

function red(text: string, colour: boolean): string {
  return paint(text, SGR.red, colour);
}

function logText(entry: LogEntry): Pick<Note, 'text' | 'painted'> {
  const severity = oneLine(entry.severity).padEnd(SEVERITY_COLUMNS);
  return {
    text: `${severity} ${messageOf(entry)}`,
    painted: (text, colour) => {
      const plain = paintSeverity(entry, text.slice(0, severity.length), colour);
      return plain + text.slice(severity.length);
    },
  };
}

function renderBelow(
  { indentBelow }: SpanRow,
  { mark, text, painted }: Note,
  { columns, colour }: Drawing,
): string {
  const before = ' '.repeat(columns.service + GAP.length);
  const room = columns.width - GAP.length * 2 - columns.service - columnsOfText(indentBelow);
  return `${mark} ${before}${paint(indentBelow, SGR.dim, colour)}${painted(truncate(oneLine(text), room), colour)}`;
}

function renderOutside(entry: LogEntry, { columns, colour }: Drawing): string {
  const { text, painted } = logText(entry);
  const room = columns.width - GAP.length * 2 - columns.service;
  return (
    GAP + fit(oneLine(entry.service), columns.service) + GAP + painted(truncate(oneLine(text), room), colour)
  );
}
