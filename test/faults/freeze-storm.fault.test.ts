import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector, pathsOf } from '../services/telemetry/collector';
import { send, type Answer } from '../services/telemetry/http';
import { without } from './load';

/**
 * CPU only during requests, at its worst: the instance is stopped as soon as the last of its requests has been answered,
 * continued with the next ones, and in the end removed without having run again. With TRACED_FLUSH=request the spans are
 * sent before the last response is complete.
 */
const ROUNDS = 50;
const CONCURRENCY = 4;

/** How long a response may wait for its spans, in milliseconds, and for a busy machine besides. */
const FLUSH_BOUND_MS = 500;
const SLACK_MS = 1_500;

const bundle = bundleService();

/** Paths of all requests of a storm, each of which was answered. */
async function storm(env: Record<string, string>): Promise<string[]> {
  const service = await ChildService.start(bundle, env);
  const paths: string[] = [];
  service.signal('SIGSTOP');
  for (let round = 0; round < ROUNDS; round += 1) {
    // All in one turn of the event loop, or one turn after the other.
    const owns = Array.from({ length: CONCURRENCY }, (_, index) => `${index}x${round % 2 === 0 ? 0 : index}`);
    const burst = owns.map((own) => `/round/${round}/${CONCURRENCY}/${own}`);
    service.signal('SIGCONT');
    const answers = await Promise.all(burst.map((path) => send(`${service.url}${path}`)));
    service.signal('SIGSTOP');
    expect(answers.map(({ status, body }) => [status, body])).toEqual(owns.map((own) => [200, own]));
    paths.push(...burst);
  }
  service.signal('SIGKILL');
  await service.exit();
  return paths;
}

let collector: Collector;
beforeEach(() => {
  collector = new Collector();
});
afterEach(() => collector.close());

test(`an instance that is frozen after each of ${ROUNDS} bursts loses no span`, async () => {
  const answered = await storm({ ...(await collector.env()), TRACED_FLUSH: 'request' });
  expect(without(answered, pathsOf(collector.received))).toEqual([]);
});

test('without the flush mode, the same instance loses some', async () => {
  const answered = await storm(await collector.env());
  expect(without(answered, pathsOf(collector.received)).length).toBeGreaterThan(0);
});

test('a collector that never answers delays a response by the bound at most, and changes nothing in it', async () => {
  const paths = ['/quick/1', '/facts', '/nowhere', '/fetch/thrown', '/health'];
  const answersOf = async (env: Record<string, string>): Promise<Answer[]> => {
    const service = await ChildService.start(bundle, env);
    const answers: Answer[] = [];
    for (const path of paths) {
      const begun = performance.now();
      const { headers, ...answer } = await send(`${service.url}${path}`, {
        headers: {
          'x-target': 'http://127.0.0.1:1/',
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        },
      });
      expect(performance.now() - begun).toBeLessThan(FLUSH_BOUND_MS + SLACK_MS);
      const { date: _now, ...others } = headers;
      answers.push({ ...answer, headers: others, body: answer.body.replace(/"port":\d+/, '"port":0') });
    }
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    return answers;
  };
  const env = await collector.env();
  const expected = await answersOf(env);
  collector.answer = () => {};
  expect(await answersOf({ ...env, TRACED_FLUSH: 'request' })).toEqual(expected);
});
