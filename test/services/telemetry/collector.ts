import { createServer, type Server, type ServerResponse } from 'node:http';
import { decodeExport } from '../../../local/trace/otlp-codec';
import { fromOtlp } from '../../../local/trace/otlp-spans';
import type { Span } from '../../../local/trace/span';
import { listenLocally } from './http';

/** An OTLP collector over HTTP that keeps what it is sent, with faults as a test sets them. */
export class Collector {
  /** Every span that has arrived, whatever was answered. */
  readonly received: Span[] = [];
  /** Those of them that were answered with success. */
  readonly accepted: Span[] = [];
  /** All that has arrived, as Latin-1: texts of spans stand in the protobuf as they are. */
  text = '';
  answer: (response: ServerResponse) => unknown = (response) => response.end();
  readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { spans } = fromOtlp(decodeExport(body, 'application/x-protobuf'));
      this.text += body.toString('latin1');
      this.received.push(...spans);
      response.once('finish', () => {
        if (response.statusCode === 200) this.accepted.push(...spans);
      });
      this.answer(response);
    });
  });

  /** Listens, and tells what a process needs to send its spans here. */
  async env(): Promise<Record<string, string>> {
    const endpoint = await listenLocally(this.server);
    return { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  }

  /** Paths of the requests whose server spans have arrived. */
  get paths(): string[] {
    return pathsOf(this.received);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Paths of the requests of which there are server spans. */
export function pathsOf(spans: readonly Span[]): string[] {
  return spans
    .filter(({ kind }) => kind === 'server')
    .map(({ attributes }) => String(attributes['url.path']));
}

/** What can be wrong with a collector for as long as it runs, as the end of a sentence that begins with it. */
export const COLLECTOR_FAULTS: Readonly<Record<string, (collector: Collector) => unknown>> = {
  'never answers': (it) => (it.answer = () => {}),
  'refuses connections': (it) => it.close(),
  'answers 503': (it) => (it.answer = (response) => response.writeHead(503).end()),
  'answers 400': (it) => (it.answer = (response) => response.writeHead(400).end()),
  'resets connections': (it) => (it.answer = (response) => response.socket?.resetAndDestroy()),
  'answers garbage': (it) =>
    it.server.prependListener('connection', (socket) => socket.end('garbage\r\n\r\n')),
};
