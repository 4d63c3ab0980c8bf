/** One Cloud Logging entry, as far as the local cloud keeps it. */
export interface LogEntry {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly severity: string;
  /** `stdout` and `stderr` are the container's; `requests` is written by Cloud Run's front end, `system` by Cloud Run. */
  readonly log: 'stdout' | 'stderr' | 'requests' | 'system';
  readonly service: string;
  readonly revision: string;
  readonly location: string;
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId?: string;
  readonly traceSampled?: boolean;
  readonly message: string;
  /** The other fields of a JSON line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly httpRequest?: Readonly<Record<string, unknown>>;
}

export interface LogQuery {
  readonly service?: string;
  readonly traceId?: string;
  /** Newest entries kept in the answer. */
  readonly limit?: number;
}

/** How many entries are kept in memory; older ones are dropped. */
const MAX_ENTRIES = 20_000;

/** Keeps the newest log entries of all services, in the order they arrived. */
export class LogStore {
  readonly #entries: LogEntry[] = [];

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.splice(0, this.#entries.length - MAX_ENTRIES);
  }

  /** Entries that match, oldest first. */
  list(query: LogQuery = {}): LogEntry[] {
    const matches = this.#entries.filter(
      (entry) =>
        (query.service === undefined || entry.service === query.service) &&
        (query.traceId === undefined || entry.traceId === query.traceId),
    );
    return query.limit === undefined ? matches : matches.slice(-query.limit);
  }
}
