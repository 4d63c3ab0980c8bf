import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector } from '../services/telemetry/collector';
import { Google } from '../services/telemetry/google';
import { send } from '../services/telemetry/http';

/** Far more than OpenTelemetry's queue of 2,048 holds, ended before anything can be sent. */
const SPANS = 10_000;

const bundle = bundleService();

/** How many spans of a burst a process has reported as dropped, with the answer that it gave and its end. */
async function burst(env: Record<string, string>): Promise<{ dropped: number; others: unknown[] }> {
  const service = await ChildService.start(bundle, env);
  const { status, body } = await send(`${service.url}/burst/${SPANS}`);
  service.signal('SIGTERM');
  expect({ status, body, end: await service.exit() }).toEqual({
    status: 200,
    body: String(SPANS),
    end: { code: 0, signal: null },
  });
  const reports = service.lines.filter(({ spansDropped }) => spansDropped !== undefined);
  const others = service.messages.filter((message) => String(message).startsWith('telemetry'));
  return { dropped: Number(reports.at(-1)?.['spansDropped']), others };
}

describe(`of ${SPANS} spans that end in one turn of the event loop, each is sent or reported as dropped`, () => {
  test('over OTLP', async () => {
    const collector = new Collector();
    const { dropped, others } = await burst(await collector.env());
    collector.close();
    // The request that made them has a span as well.
    expect(collector.accepted).toHaveLength(SPANS + 1 - dropped);
    expect(collector.accepted.filter(({ name }) => name === 'burst').length).toBeGreaterThanOrEqual(2_048);
    expect(others).toEqual([]);
  });

  test('to Cloud Trace', async () => {
    const google = await Google.start();
    const env = { ...google.env('gcp_trace'), GOOGLE_CLOUD_PROJECT: 'p-1' };
    const { dropped, others } = await burst(env);
    await google.dispose();
    expect(google.spans).toHaveLength(SPANS + 1 - dropped);
    expect(google.spans.length).toBeGreaterThanOrEqual(2_048);
    expect(others).toEqual([]);
  });
});
