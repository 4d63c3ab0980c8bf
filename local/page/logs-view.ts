import type { LogEntry } from '../logging/log-store';
import { get } from './api';
import { h, valuesOf } from './dom';
import { logTable } from './span-panel';
import { hrefOf, type View, type ViewContext } from './view';

/** Entries on the page. */
const SHOWN = 500;

const FIELDS = [
  { name: 'trace', label: 'Trace id' },
  { name: 'service', label: 'Service' },
] as const;

/** The newest log entries, of everything or of one trace or service. */
export async function logsView({ parameters, signal }: ViewContext): Promise<View> {
  const filters = FIELDS.map(({ name }) => [name, parameters.get(name) ?? ''] as const);
  const given = Object.fromEntries(filters.filter(([, value]) => value !== ''));
  const query = new URLSearchParams({ ...given, limit: String(SHOWN) });
  const entries = (await get<LogEntry[]>(`/logs?${query.toString()}`, signal)) ?? [];
  const form = h(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Filter log lines' },
    ...FIELDS.map(({ name, label }) =>
      h('label', {}, label, h('input', { type: 'search', name, value: parameters.get(name) ?? '' })),
    ),
    h('button', {}, 'Show'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = hrefOf('logs', valuesOf(form));
  });
  const caption = entries.length === SHOWN ? `The newest ${SHOWN} log lines` : `${entries.length} log lines`;
  return {
    title: 'Logs',
    content: [
      h('h1', {}, 'Logs'),
      form,
      entries.length > 0
        ? h('div', { class: 'scroll' }, logTable(caption, entries, { links: true }))
        : h('p', {}, 'No log line matches.'),
    ],
  };
}
