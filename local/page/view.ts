import type { TraceSummary } from '../trace/trace-summary';
import type { Child } from './dom';

/** What a view is given. */
export interface ViewContext {
  /** What follows the view's name in the address. */
  readonly rest: string;
  readonly parameters: URLSearchParams;
  /** Aborts when another view takes its place. */
  readonly signal: AbortSignal;
  /** Changes the title of the view. */
  readonly retitle: (title: string) => void;
}

export interface View {
  /** Heading and name in the browser's history. */
  readonly title: string;
  readonly content: readonly Child[];
  /** Called once the content is on the page. */
  readonly shown?: () => void;
  /** Shows what is so now, and is made again as time passes. */
  readonly live?: boolean;
}

/** A link within the page; parameters without a value are left out. */
export function hrefOf(path: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) given.set(name, value);
  return `#/${path}${given.size > 0 ? `?${given.toString()}` : ''}`;
}

/** Time of day in UTC, as on the command line. */
export function timeOf(unixMs: number): string {
  return Number.isFinite(unixMs) ? new Date(unixMs).toISOString().slice(11, 23) : '';
}

/** Milliseconds with a decimal below 100: `7.4 ms`, `1,085 ms`. */
export function ms(durationMs: number): string {
  const digits = Math.abs(durationMs) < 100 ? 1 : 0;
  return `${durationMs.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })} ms`;
}

/** Nanoseconds, in digits or not, as milliseconds. */
export function toMs(nanos: string | bigint): number {
  return Number(nanos) / 1e6;
}

/** `1 span`, `2 spans`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What a trace's request asked whom for; the name of its first span where that is none. */
export function requestOf(
  trace: Pick<TraceSummary, 'entryService' | 'method' | 'route' | 'rootName'>,
): string {
  const { entryService, method, route, rootName } = trace;
  return [entryService, ...(route === undefined ? [rootName] : [method, route])].filter(Boolean).join(' ');
}
