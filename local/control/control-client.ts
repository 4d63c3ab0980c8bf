import type { LogEntry, LogQuery } from '../logging/log-store';
import type { Alert, PolicyStatus } from '../monitoring/alert';
import type { Explanation } from '../trace/explanation';
import type { TraceQuery } from '../trace/trace-query';
import type { TraceSummary } from '../trace/trace-summary';
import { UserError } from '../user-error';
import {
  reportFromJson,
  summaryFromJson,
  type ErrorBody,
  type TraceReportJson,
  type TraceSummaryJson,
} from './control-api';
import type { TraceReport } from './trace-report';

/** Nobody answers at the daemon's address. */
export class DaemonUnreachableError extends UserError {
  override readonly name = 'DaemonUnreachableError';
}

/** The daemon refused the request; the message is its own. */
export class ControlRefusal extends UserError {
  override readonly name = 'ControlRefusal';
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The daemon's control server as the command line uses it. `Status` is what the daemon tells about itself. Every
 * method throws DaemonUnreachableError when nobody answers and ControlRefusal when the daemon refuses.
 */
export class ControlClient<Status extends object> {
  /** Base URL, such as `http://127.0.0.1:4400`. */
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async status(): Promise<Status & { pid: number; startId: string }> {
    return await this.#call<Status & { pid: number; startId: string }>('GET', '/status');
  }

  /** Summaries, newest trace first. */
  async traces(query: TraceQuery = {}): Promise<TraceSummary[]> {
    const { errorsOnly: errors, ...others } = query;
    const path = withParameters('/traces', { errors, ...others });
    return (await this.#call<TraceSummaryJson[]>('GET', path)).map(summaryFromJson);
  }

  /** Drops all traces with their log entries; resolves with how many there were. */
  async clearTraces(): Promise<number> {
    return (await this.#call<{ cleared: number }>('DELETE', '/traces')).cleared;
  }

  /** One trace by its id or the first digits of it. */
  async trace(traceId: string): Promise<TraceReport> {
    return reportFromJson(await this.#call<TraceReportJson>('GET', `/traces/${encodeURIComponent(traceId)}`));
  }

  /** What a trace comes to; the id as for `trace`. */
  async explanation(traceId: string): Promise<Explanation> {
    return await this.#call<Explanation>('GET', `/traces/${encodeURIComponent(traceId)}/explanation`);
  }

  /** A trace as an export request in OTLP's JSON; the id as for `trace`. */
  async otlp(traceId: string): Promise<object> {
    return await this.#call<object>('GET', `/traces/${encodeURIComponent(traceId)}/otlp`);
  }

  /** Log entries, oldest first. */
  async logs(query: LogQuery = {}): Promise<LogEntry[]> {
    const { traceId, service, limit } = query;
    return await this.#call<LogEntry[]>('GET', withParameters('/logs', { trace: traceId, service, limit }));
  }

  /** Alerts that are firing or have ended, newest first. */
  async alerts(): Promise<Alert[]> {
    return await this.#call<Alert[]>('GET', '/alerts');
  }

  /** The deployed alert policies and what they make of the logs and metrics right now. */
  async alertPolicies(): Promise<PolicyStatus[]> {
    return await this.#call<PolicyStatus[]>('GET', '/alerts/policies');
  }

  /** Asks the daemon to stop; resolves when it has agreed to, not when it has ended. */
  async shutdown(): Promise<void> {
    await this.#call('POST', '/shutdown');
  }

  async #call<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<Answer> {
    const url = new URL(path, this.url);
    const response = await fetch(url, { method }).catch((error: unknown) => {
      throw new DaemonUnreachableError(`no local cloud answers at ${this.url}; start one with: npm start`, {
        cause: error,
      });
    });
    const text = await response.text();
    if (!response.ok) {
      const refusal: ErrorBody = JSON.parse(text);
      throw new ControlRefusal(response.status, refusal.error.message);
    }
    const answer: Answer = JSON.parse(text);
    return answer;
  }
}

function withParameters(
  path: string,
  parameters: Record<string, string | number | boolean | undefined>,
): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}
