import { ControlServer } from '../../../local/control/control-server';
import type { ServiceGraph } from '../../../local/control/service-graph';
import type { LogEntry } from '../../../local/logging/log-store';
import { LogStore } from '../../../local/logging/log-store';
import type { AttributeValue, Span } from '../../../local/trace/span';
import { TraceStore } from '../../../local/trace/trace-store';

/** The control server with its stores, to which spans are sent as an exporter sends them. */
export class PageFixture {
  static async start(graph: ServiceGraph = { nodes: [], edges: [] }): Promise<PageFixture> {
    const traces = new TraceStore();
    const logs = new LogStore();
    const server = await ControlServer.start({
      port: 0,
      startId: 'start-1',
      status: () => ({ services: [], buckets: [] }),
      traces,
      logs,
      clearTraces: () => traces.clear(),
      alerts: () => undefined,
      graph: () => graph,
      shutdown: () => undefined,
    });
    return new PageFixture(server, logs);
  }

  private constructor(
    private readonly server: ControlServer,
    private readonly logs: LogStore,
  ) {}

  /** Address of a view, such as `#/traces`. */
  at(view: string): string {
    return `${this.server.url}/${view}`;
  }

  /** Sends spans over OTLP/HTTP and keeps log entries. */
  async receive(spans: readonly Span[], logs: readonly LogEntry[] = []): Promise<void> {
    for (const entry of logs) this.logs.append(entry);
    const response = await fetch(this.at('v1/traces'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: spans.map(resourceSpansOf) }),
    });
    if (!response.ok) throw new Error(`the spans were refused: ${await response.text()}`);
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
  }
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];

/** A span in OTLP's JSON encoding. */
function resourceSpansOf(span: Span): unknown {
  const { traceId, spanId, parentSpanId, name, events } = span;
  return {
    resource: { attributes: [keyValue(['service.name', span.service])] },
    scopeSpans: [
      {
        spans: [
          {
            traceId,
            spanId,
            parentSpanId,
            name,
            kind: KINDS.indexOf(span.kind),
            startTimeUnixNano: String(span.startUnixNano),
            endTimeUnixNano: String(span.endUnixNano),
            status: { code: STATUSES.indexOf(span.status), message: span.statusMessage },
            attributes: Object.entries(span.attributes).map(keyValue),
            events: events.map((event) => ({
              name: event.name,
              timeUnixNano: String(event.unixNano),
              attributes: Object.entries(event.attributes).map(keyValue),
            })),
          },
        ],
      },
    ],
  };
}

function keyValue([key, value]: [string, AttributeValue]): unknown {
  if (typeof value === 'number') return { key, value: { doubleValue: value } };
  return { key, value: typeof value === 'boolean' ? { boolValue: value } : { stringValue: String(value) } };
}
