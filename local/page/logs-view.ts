import type { LogEntry } from '../logging/log-store';
import { get } from './api';
import { h, scroll } from './dom';
import { filterForm } from './filter-form';
import { logTable } from './log-table';
import { count, hrefOf, type View, type ViewContext } from './view';

/** Entries on the page. */
const SHOWN = 500;

const FIELDS = [
  { name: 'trace', label: 'Trace id' },
  { name: 'service', label: 'Service' },
] as const;

function show(filters: Record<string, string>): void {
  location.hash = hrefOf('logs', filters);
}

/** The newest log entries, of everything or of one trace or service. */
export async function logsView({ parameters, signal }: ViewContext): Promise<View> {
  const query = new URLSearchParams({ ...Object.fromEntries(parameters), limit: String(SHOWN) });
  const entries = await get<LogEntry[]>(`/logs?${query.toString()}`, signal);
  const button = h('button', {}, 'Show');
  const caption =
    entries.length === SHOWN ? `The newest ${SHOWN} log lines` : count(entries.length, 'log line');
  return {
    title: 'Logs',
    content: [
      filterForm('Filter log lines', FIELDS, parameters, { on: 'submit', onFilter: show }, button),
      entries.length > 0
        ? scroll(logTable(caption, entries, { links: true }))
        : h('p', {}, 'No log line matches.'),
    ],
  };
}
