import type { TraceSummaryJson } from '../control/control-api';
import { get } from './api';
import { h, heard, scroll, table } from './dom';
import { count, hrefOf, ms, requestOf, toMs, type View, type ViewContext } from './view';

/** Traces that the histograms are made of. */
const TRACES = 1_000;

const TITLES = ['Route', 'Traces', 'Failed', 'p50', 'p95', 'p99'];

/** Traces that came in by one route, the shortest first. */
interface Route {
  readonly name: string;
  readonly traces: readonly TraceSummaryJson[];
}

/** How long requests took, by the route they came in by. */
export async function latencyView({ signal }: ViewContext): Promise<View> {
  const traces = await get<TraceSummaryJson[]>(`/traces?limit=${TRACES}`, signal);
  const byRoute = new Map<string, TraceSummaryJson[]>();
  for (const trace of traces.toSorted((a, b) => lasted(a) - lasted(b))) {
    const name = requestOf(trace);
    byRoute.set(name, [...(byRoute.get(name) ?? []), trace]);
  }
  const routes = [...byRoute]
    .map(([name, group]): Route => ({ name, traces: group }))
    .toSorted((a, b) => b.traces.length - a.traces.length);
  const rows = routes.map(({ name, traces: group }) => {
    const quantiles = [0.5, 0.95, 0.99].map((share) => {
      // By the nearest rank.
      const trace = group[Math.ceil(group.length * share) - 1];
      return trace && ms(lasted(trace));
    });
    return [name, group.length, failures(group), ...quantiles];
  });
  return {
    title: 'Latency by route',
    content:
      traces.length === 0
        ? [h('p', {}, 'No trace has arrived yet.')]
        : [
            scroll(table(`Of the newest ${traces.length} traces`, TITLES, rows)),
            ...routes.flatMap((route) => [h('h2', {}, route.name), scroll(histogram(route))]),
          ],
  };
}

function histogram({ name, traces }: Route): HTMLElement {
  const bounds = boundsOf(traces);
  const buckets = bounds.slice(1).map((upTo, index) => {
    const fromMs = bounds[index] ?? 0;
    return {
      fromMs,
      upTo,
      within: traces.filter((trace) => lasted(trace) >= fromMs && lasted(trace) < upTo),
    };
  });
  const highest = Math.max(...buckets.map(({ within }) => within.length));
  const bars = buckets.map(({ fromMs, upTo, within }) => {
    const failed = failures(within);
    const failedPart = h('span', { class: 'failed' });
    failedPart.style.height = `${(failed / highest) * 8}rem`;
    const bar = h('span', { class: 'column' }, failedPart);
    bar.style.height = `${(within.length / highest) * 8}rem`;
    const words = `${fromMs} to ${upTo} ms: ${count(within.length, 'trace')}${failed > 0 ? `, ${failed} failed` : ''}`;
    const content = [
      heard(words),
      h('span', { 'aria-hidden': 'true' }, within.length > 0 && within.length),
      h('span', { 'aria-hidden': 'true', class: 'space' }, bar),
      h('span', { 'aria-hidden': 'true' }, fromMs),
    ];
    const [first] = within;
    if (!first) return h('li', {}, h('span', {}, ...content));
    const { entryService: service, route = first.rootName } = first;
    const href = hrefOf('traces', { service, route, minDurationMs: String(fromMs) });
    return h('li', {}, h('a', { href, title: words }, ...content));
  });
  return h('ol', { class: 'histogram', 'aria-label': `Durations of ${name}, in milliseconds` }, ...bars);
}

/** Steps of 1, 2 and 5, in milliseconds, from the last one before the shortest trace to the first after the longest. */
function boundsOf(traces: readonly TraceSummaryJson[]): number[] {
  const shortest = traces.reduce((least, trace) => Math.min(least, lasted(trace)), Infinity);
  const longest = traces.reduce((most, trace) => Math.max(most, lasted(trace)), 0);
  const bounds = [0, 1];
  for (let last = 1; last <= longest; last = bounds.at(-1) ?? Infinity)
    bounds.push(String(last).startsWith('2') ? last * 2.5 : last * 2);
  return bounds.slice(bounds.findLastIndex((bound) => bound <= shortest));
}

function failures(traces: readonly TraceSummaryJson[]): number {
  return traces.filter(({ error }) => error).length;
}

/** Milliseconds. */
function lasted({ durationNano }: TraceSummaryJson): number {
  return toMs(durationNano);
}
