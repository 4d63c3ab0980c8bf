import { alertsView } from './alerts-view';
import { h, refill } from './dom';
import { filtersOf } from './filter-form';
import { graphView } from './graph-view';
import { latencyView } from './latency-view';
import { logsView } from './logs-view';
import { traceView } from './trace-view';
import { tracesView } from './traces-view';
import { hrefOf, type View, type ViewContext } from './view';

const VIEWS: Readonly<Record<string, (context: ViewContext) => Promise<View>>> = {
  traces: tracesView,
  trace: traceView,
  graph: graphView,
  latency: latencyView,
  alerts: alertsView,
  logs: logsView,
};

/** How often a live view is made again: as often as alerts are evaluated. */
const REFRESH_MS = 5_000;

const main = document.querySelector('main') ?? document.body;
let current = new AbortController();

/** Shows the view that the address names: `#/NAME/REST?PARAMETERS`. */
async function show(): Promise<void> {
  current.abort();
  const { signal } = (current = new AbortController());
  const { pathname, searchParams } = new URL(location.hash.slice(1) || '/traces', location.origin);
  const [, name = '', rest = ''] = pathname.split('/');
  for (const link of document.querySelectorAll('nav a')) {
    const here = link.getAttribute('href') === `#/${name === 'trace' ? 'traces' : name}`;
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const heading = h('h1');
  const retitle = (title: string): void => {
    if (!signal.aborted) document.title = `${title} · Local cloud`;
    heading.textContent = title;
  };
  const context = { rest: decodeURIComponent(rest), parameters: searchParams, signal, retitle };
  const view = await (VIEWS[name] ?? noView)(context).catch(failed);
  if (signal.aborted) return;
  retitle(view.title);
  refill(main, heading, ...view.content);
  view.shown?.();
  if (view.live) refresh(() => (VIEWS[name] ?? noView)(context), heading, signal);
}

/** Shows from time to time what has changed in a view; what somebody reads or stands in is not taken away. */
function refresh(make: () => Promise<View>, heading: HTMLElement, signal: AbortSignal): void {
  const again = async (): Promise<void> => {
    // A cloud that does not answer now may do so the next time.
    const view = await make().catch(() => undefined);
    if (!view || signal.aborted || main.querySelector(':focus, details[open]')) return;
    const next = h('div', {}, heading.cloneNode(true), ...view.content);
    if (next.innerHTML !== main.innerHTML) refill(main, heading, ...view.content);
  };
  const timer = setInterval(() => void again(), REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

async function noView(): Promise<View> {
  return { title: 'There is no such view', content: [] };
}

function failed(error: unknown): View {
  const message = error instanceof Error ? error.message : String(error);
  return { title: 'This cannot be shown', content: [h('p', { role: 'alert' }, message)] };
}

const find = document.querySelector<HTMLFormElement>('#find');
find?.addEventListener('submit', (event) => {
  event.preventDefault();
  const { id } = filtersOf(find);
  if (id) location.hash = hrefOf(`trace/${encodeURIComponent(id)}`);
});
document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The address is taken by the view.
  event.preventDefault();
  main.focus();
});
window.addEventListener('hashchange', () => void show().then(() => main.focus({ preventScroll: true })));
void show();
