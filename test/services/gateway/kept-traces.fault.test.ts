import { SpanKind } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { send } from '../telemetry/http';
import { startPipeline, type Pipeline } from './pipeline';

let pipeline: Pipeline;

beforeEach(async () => {
  pipeline = await startPipeline({ OTEL_TRACES_SAMPLER_ARG: '0' });
});

afterEach(() => pipeline.close());

/** Sends a document as somebody who is not traced; the status of the answer. */
async function sendDocument(): Promise<number> {
  const headers = { 'content-type': 'text/plain' };
  const { status } = await send(`${pipeline.url}/process`, { method: 'POST', headers, body: 'Some text.' });
  return status;
}

const serverSpans = (spans: readonly tracing.ReadableSpan[]): string[] =>
  spans
    .filter(({ kind }) => kind === SpanKind.SERVER)
    .map(({ name }) => name)
    .toSorted();

describe('three services of which the ratio keeps no trace', () => {
  it('export one whole trace when the bucket does not work', async () => {
    pipeline.cloud.storage.injectFault({ method: 'POST', status: 503, times: 100 });

    expect(await sendDocument()).toBe(502);

    const spans = await pipeline.traced.spans();
    expect(serverSpans(spans)).toEqual(['POST /documents/:id', 'POST /process', 'PUT /documents/:id']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    // No parent is missing but that of the first span, which nobody has.
    const ids = new Set(spans.map((span) => span.spanContext().spanId));
    const roots = spans.filter((span) => !ids.has(span.parentSpanContext?.spanId ?? ''));
    expect(roots.map(({ name }) => name)).toEqual(['POST /process']);
    expect(spans.some(({ name }) => name.startsWith('gcs.'))).toBe(true);
  });

  it('export one whole trace when a service is down', async () => {
    await pipeline.storage.close();

    expect(await sendDocument()).toBe(502);

    const spans = await pipeline.traced.spans();
    expect(serverSpans(spans)).toEqual(['POST /documents/:id', 'POST /process']);
  });

  it('export nothing when all is well', async () => {
    expect(await sendDocument()).toBe(201);

    expect(await pipeline.traced.spans()).toEqual([]);
  });

  it('export nothing when the bucket works again before the deadline', async () => {
    pipeline.cloud.storage.injectFault({ method: 'POST', status: 503, times: 2 });

    expect(await sendDocument()).toBe(201);

    expect(await pipeline.traced.spans()).toEqual([]);
  });

  it('export nothing when what is asked for is not there', async () => {
    const { status } = await send(`${pipeline.url}/documents/00000000-0000-4000-8000-000000000000`);

    expect(status).toBe(404);
    expect(await pipeline.traced.spans()).toEqual([]);
  });
});
