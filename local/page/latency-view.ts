import { get } from './api';
import { h, heard, table } from './dom';
import { ms, type Summary, type SummaryJson, toSummary } from './summary';
import { hrefOf, type View, type ViewContext } from './view';

/** Traces that the histograms are made of. */
const TRACES = 1_000;

/** Traces between two durations, of which the lower one belongs to it. */
interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  readonly traces: readonly Summary[];
}

/** How long requests took, by the route they came in by. */
export async function latencyView({ signal }: ViewContext): Promise<View> {
  const traces = ((await get<SummaryJson[]>(`/traces?limit=${TRACES}`, signal)) ?? []).map(toSummary);
  const routes = new Map<string, Summary[]>();
  for (const trace of traces) {
    const key = `${trace.service} ${trace.route}`;
    routes.set(key, [...(routes.get(key) ?? []), trace]);
  }
  const byCount = [...routes].toSorted(([, a], [, b]) => b.length - a.length);
  const rows = byCount.map(([route, group]) => {
    const sorted = group.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
    const failed = group.filter(({ error }) => error).length;
    return [route, group.length, failed, ...[0.5, 0.95, 0.99].map((share) => ms(quantile(sorted, share)))];
  });
  return {
    title: 'Latency',
    content: [
      h('h1', {}, 'Latency by route'),
      ...(traces.length === 0
        ? [h('p', {}, 'No trace has arrived yet.')]
        : [
            h(
              'div',
              { class: 'scroll' },
              table(
                `Of the newest ${traces.length} traces`,
                ['Route', 'Traces', 'Failed', 'p50', 'p95', 'p99'],
                rows,
              ),
            ),
            ...byCount.flatMap(([route, group]) => [h('h2', {}, route), histogram(route, group)]),
          ]),
    ],
  };
}

function histogram(route: string, traces: readonly Summary[]): HTMLElement {
  const buckets = bucketsOf(traces);
  const highest = Math.max(...buckets.map((bucket) => bucket.traces.length));
  const bars = buckets.map(({ fromMs, toMs, traces: within }) => {
    const failed = within.filter(({ error }) => error).length;
    const bar = h('span', { class: 'column' });
    bar.style.height = `${(within.length / highest) * 100}%`;
    const failedPart = h('span', { class: 'failed' });
    failedPart.style.height = within.length === 0 ? '0' : `${(failed / within.length) * 100}%`;
    bar.append(failedPart);
    const [first] = within;
    const words = `${fromMs} to ${toMs} ms: ${within.length} traces${failed > 0 ? `, ${failed} failed` : ''}`;
    const content = [
      heard(words),
      h('span', { 'aria-hidden': 'true', class: 'count' }, within.length > 0 && within.length),
      h('span', { 'aria-hidden': 'true', class: 'space' }, bar),
      h('span', { 'aria-hidden': 'true' }, fromMs),
    ];
    const href =
      first &&
      hrefOf('traces', { service: first.service, route: first.route, minDurationMs: String(fromMs) });
    return h('li', {}, href ? h('a', { href, title: words }, ...content) : h('span', {}, ...content));
  });
  return h('ol', { class: 'histogram', 'aria-label': `Durations of ${route}, in milliseconds` }, ...bars);
}

/** Steps of 1, 2 and 5, from the shortest trace to the longest. */
function bucketsOf(traces: readonly Summary[]): Bucket[] {
  const durations = traces.map(({ durationMs }) => durationMs);
  const longest = Math.max(...durations);
  const bounds = [0, 1];
  while ((bounds.at(-1) ?? 0) <= longest) {
    const last = bounds.at(-1) ?? 1;
    const mantissa = last / 10 ** Math.floor(Math.log10(last) + 1e-9);
    bounds.push(Math.round(mantissa) === 2 ? last * 2.5 : last * 2);
  }
  const buckets = bounds.slice(1).map((toMs, index): Bucket => {
    const fromMs = bounds[index] ?? 0;
    return {
      fromMs,
      toMs,
      traces: traces.filter(({ durationMs }) => durationMs >= fromMs && durationMs < toMs),
    };
  });
  return buckets.slice(
    Math.max(
      buckets.findIndex((bucket) => bucket.traces.length > 0),
      0,
    ),
  );
}

/** Of sorted values, by the nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}
