import { ControlClient } from '../../local/control/control-client';
import type { Alert } from '../../local/monitoring/alert';
import { AlertEvaluator, EVALUATION_INTERVAL_MS } from '../../local/monitoring/alert-evaluator';
import { DeployedPipeline } from '../helpers/deployed-pipeline';

let pipeline: DeployedPipeline;
let onAlert: (alert: Alert) => void = () => undefined;
beforeAll(async () => {
  pipeline = await DeployedPipeline.start({ onAlert: (alert) => onAlert(alert) });
}, 120_000);
afterAll(async () => {
  await pipeline?.dispose();
});

/** The deployed policies on a clock of their own, which the requests of this test have been made on. */
function policiesOnFakeClock(): { alerts: AlertEvaluator; fired: Alert[]; pass: (seconds: number) => void } {
  const { logMetrics, monitoring } = pipeline.cloud.products;
  const fired: Alert[] = [];
  let nowMs = Date.now();
  const alerts = new AlertEvaluator({
    logMetrics,
    monitoring,
    spansReceived: () => pipeline.cloud.traces.receivedSpans,
    now: () => nowMs,
    onFired: (alert) => fired.push(alert),
  });
  for (const entry of pipeline.cloud.logs.list()) alerts.record(entry);
  const pass = (seconds: number): void => {
    for (let left = seconds * 1000; left > 0; left -= EVALUATION_INTERVAL_MS) {
      nowMs += EVALUATION_INTERVAL_MS;
      alerts.evaluate();
    }
  };
  return { alerts, fired, pass };
}

test('every policy of the pipeline is evaluated, but for the uptime check that nobody makes', async () => {
  const client = new ControlClient(pipeline.cloud.url);
  const conditions = (await client.alertPolicies()).flatMap((policy) => policy.conditions);
  expect(conditions).toHaveLength(12);
  expect(conditions.filter(({ state }) => state !== 'ok')).toEqual([
    {
      title: 'two locations or more got no answer',
      state: 'not evaluated',
      why: 'nobody asks the services what an uptime check asks',
    },
  ]);
  await expect(client.alerts()).resolves.toEqual([]);
});

test('a failed request makes the alert on the error budget fire, with its trace', async () => {
  // GIVEN a bucket that answers nothing but 503
  pipeline.cloud.products.storage.injectFault({ method: 'POST', status: 503, times: 4 });
  const burning = new Promise<Alert>((resolve) => {
    onAlert = resolve;
  });

  // WHEN
  const response = await pipeline.process('Nowhere to go.');

  // THEN the burn rate has no duration, so that the next evaluation tells of it
  expect(response.status).toBe(502);
  const burn = await burning;
  expect(burn).toMatchObject({
    title: 'gateway-local: error budget of its availability is going',
    condition: 'burn rate above 13.44 over 60 min and burn rate above 13.44 over 5 min',
    service: 'gateway-local',
    state: 'firing',
    traceId: (await pipeline.traceOf(response)).traceId,
    // All requests failed, and five in a thousand may.
    value: expect.closeTo(200, 6),
    threshold: 13.44,
  });
  await expect(new ControlClient(pipeline.cloud.url).alerts()).resolves.toEqual([burn]);
});

test('a slow request makes the latency alert fire after its minute, with its trace', async () => {
  // GIVEN a client that takes its time over the body, longer than the 2 s that the alert allows
  let rest: NodeJS.Timeout | undefined;
  const body = new ReadableStream({
    start(stream) {
      stream.enqueue(Buffer.from('A long '));
      rest = setTimeout(() => {
        stream.enqueue(Buffer.from('story.'));
        stream.close();
      }, 3_000);
    },
    cancel: () => clearTimeout(rest),
  });
  const response = await fetch(`${pipeline.gatewayUrl}/process`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body,
    duplex: 'half',
  });
  expect(response.status).toBe(201);
  const { traceId } = await pipeline.traceOf(response);

  // WHEN
  const { alerts, fired, pass } = policiesOnFakeClock();
  const slow = (): Alert[] => fired.filter(({ condition }) => condition.startsWith('p95'));
  pass(60);

  // THEN
  expect(slow()).toEqual([]);
  pass(5);
  expect(slow()).toMatchObject([
    {
      title: 'gateway-local: p95 latency above 2000 ms',
      service: 'gateway-local',
      state: 'firing',
      threshold: 2,
      unit: 's',
      traceId,
      documentation: expect.stringMatching(
        /\[The slow requests in the Logs Explorer\]\(https:.*\): open one/,
      ),
    },
  ]);
  expect(slow()[0]?.value).toBeGreaterThan(2);

  // WHEN it has left the window
  pass(300);
  expect(alerts.alerts().filter(({ condition }) => condition.startsWith('p95'))).toMatchObject([
    { state: 'ended', traceId },
  ]);
});
