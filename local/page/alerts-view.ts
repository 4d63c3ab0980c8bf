import type { Alert } from '../monitoring/alert';
import { get } from './api';
import { h } from './dom';
import { hrefOf, type View, type ViewContext } from './view';

/** A link in Markdown. */
const LINK = /\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;

/** What fired, newest first, with the trace that tripped it. */
export async function alertsView({ signal }: ViewContext): Promise<View> {
  const alerts = await get<Alert[]>('/alerts', signal);
  const none = alerts.length === 0 && h('p', {}, 'No alert policy has fired.');
  return { title: 'Alerts', live: true, content: [none, ...alerts.map(alertOf)] };
}

function alertOf(alert: Alert): HTMLElement {
  const { title, condition, service, state, since, until, value, threshold, unit, traceId } = alert;
  const fires = state === 'firing';
  const when = until === undefined ? `since ${since}` : `${since} to ${until}`;
  const measured = `${value.toLocaleString('en')} ${unit}, threshold ${threshold.toLocaleString('en')} ${unit}`;
  return h(
    'article',
    { class: fires ? 'box bad' : 'box' },
    h('h2', {}, `${fires ? '● Firing' : '○ Ended'}: ${title}`),
    h('p', {}, [condition, service, when, measured].filter(Boolean).join(' · ')),
    traceId !== undefined &&
      h('p', {}, h('a', { href: hrefOf(`trace/${traceId}`) }, 'The trace that tripped it')),
    h(
      'details',
      {},
      h('summary', {}, 'What to do'),
      ...alert.documentation.split(/\n\s*\n/).map(paragraphOf),
    ),
  );
}

/** Text of Markdown with its links; the rest of its signs stay as they are. */
function paragraphOf(markdown: string): HTMLElement {
  const paragraph = h('p', { class: 'markdown' });
  let end = 0;
  for (const link of markdown.matchAll(LINK)) {
    const [whole, text = '', href = ''] = link;
    paragraph.append(markdown.slice(end, link.index), h('a', { href, rel: 'noreferrer' }, text));
    end = link.index + whole.length;
  }
  paragraph.append(markdown.slice(end));
  return paragraph;
}
