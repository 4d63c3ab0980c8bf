import type { CallerContext } from '../trace/trace-context';

/** What Cloud Run's front end knows of who sent a request. */
interface RequestCaller {
  /** Email of the service account that its ID token proves. */
  readonly account?: string;
  /** Absent where it sent no valid trace header. */
  readonly context?: CallerContext;
}

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
  /** Of a request. Not in Google's entries: its audit logs have the account, and nobody has the rest. */
  readonly caller?: RequestCaller;
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
  /** May hold up to a tenth more than is kept, so that dropping costs little per entry. */
  #entries: LogEntry[] = [];
  readonly #byTrace = new Map<string, LogEntry[]>();
  readonly #maxEntries: number;

  constructor(maxEntries: number = MAX_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (entry.traceId !== undefined) {
      const ofTrace = this.#byTrace.get(entry.traceId);
      if (ofTrace) ofTrace.push(entry);
      else this.#byTrace.set(entry.traceId, [entry]);
    }
    if (this.#entries.length > this.#maxEntries * 1.1) this.#dropOldest();
  }

  /** Entries that match, oldest first. */
  list(query: LogQuery = {}): LogEntry[] {
    const { service, traceId, limit } = query;
    const entries = traceId === undefined ? this.#entries : (this.#byTrace.get(traceId) ?? []);
    const matches = entries.filter((entry) => service === undefined || entry.service === service);
    return limit === undefined ? matches : matches.slice(Math.max(matches.length - limit, 0));
  }

  /** Drops the entries of these traces. */
  forget(traceIds: ReadonlySet<string>): void {
    this.#entries = this.#entries.filter(({ traceId }) => traceId === undefined || !traceIds.has(traceId));
    for (const traceId of traceIds) this.#byTrace.delete(traceId);
  }

  /** Drops the entries of all traces. */
  clearTraces(): void {
    this.#entries = this.#entries.filter(({ traceId }) => traceId === undefined);
    this.#byTrace.clear();
  }

  #dropOldest(): void {
    for (const { traceId } of this.#entries.splice(0, this.#entries.length - this.#maxEntries)) {
      if (traceId === undefined) continue;
      const ofTrace = this.#byTrace.get(traceId);
      // Both lists are in order of arrival, so the oldest of all is also the oldest of its trace.
      ofTrace?.shift();
      if (ofTrace?.length === 0) this.#byTrace.delete(traceId);
    }
  }
}
