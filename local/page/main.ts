import { alertsView } from './alerts-view';
import { h } from './dom';
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

const main = document.querySelector('main') ?? document.body;
let current = new AbortController();

/** Shows the view that the address names: `#/NAME/REST?PARAMETERS`. */
async function show(): Promise<void> {
  current.abort();
  const mine = new AbortController();
  current = mine;
  const { pathname, searchParams } = new URL(location.hash.slice(1) || '/traces', location.origin);
  const [, name = '', rest = ''] = pathname.split('/');
  for (const link of document.querySelectorAll('nav a')) {
    const here = link.getAttribute('href') === `#/${name === 'trace' ? 'traces' : name}`;
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const view = VIEWS[name] ?? noView;
  const context = { rest: decodeURIComponent(rest), parameters: searchParams, signal: mine.signal };
  const shown = await view(context).catch(failed);
  if (mine.signal.aborted) return;
  document.title = `${shown.title} · Local cloud`;
  main.replaceChildren(...shown.content);
  shown.shown?.();
}

async function noView(): Promise<View> {
  return { title: 'Not found', content: [h('h1', {}, 'There is no such view')] };
}

function failed(error: unknown): View {
  const message = error instanceof Error ? error.message : String(error);
  return {
    title: 'Failed',
    content: [h('h1', {}, 'This cannot be shown'), h('p', { role: 'alert' }, message)],
  };
}

document.querySelector('#find')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const field = document.querySelector<HTMLInputElement>('#find input');
  if (field?.value.trim()) location.hash = hrefOf(`trace/${encodeURIComponent(field.value.trim())}`);
});
document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The address is taken by the view.
  event.preventDefault();
  main.focus();
});
window.addEventListener('hashchange', () => void show().then(() => main.focus({ preventScroll: true })));
void show();
