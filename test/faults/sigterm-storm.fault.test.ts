import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector, COLLECTOR_FAULTS, pathsOf } from '../services/telemetry/collector';
import { send } from '../services/telemetry/http';
import { Load, without } from './load';

/**
 * An instance is stopped while 40 connections keep sending. A request is accepted when the server has handed it to the
 * application, which writes a line then. It is lost when it was accepted and its client did not get the whole answer. So
 * these are no losses: a connection that is refused because nobody listens any more, and one that is reset with a request
 * in it that the application never saw. A client sends both again, to the next instance, without doing anything twice.
 */
const CONNECTIONS = 40;
const ROUNDS = 20;

/** Traffic before the signal, in requests: some for each connection. */
const BEFORE = 5 * CONNECTIONS;

/** Cloud Run kills after 10 s; the life cycle promises to be done before. */
const PROMISED_EXIT_MS = 8_000;

const SLOW_ANSWER_MS = 1_500;
const FAULTS: typeof COLLECTOR_FAULTS = {
  ...COLLECTOR_FAULTS,
  'answers slowly': (it) => (it.answer = (response) => setTimeout(() => response.end(), SLOW_ANSWER_MS)),
};

const bundle = bundleService();

/** Runs one instance from its start to its end. */
async function storm(collector: Collector, fault: (collector: Collector) => unknown): Promise<object> {
  const env = await collector.env();
  fault(collector);
  const service = await ChildService.start(bundle, env);
  const load = new Load(service.url, CONNECTIONS);
  await load.ended(BEFORE);
  const failedBefore = load.failed;
  // WHEN
  const signalled = performance.now();
  service.signal('SIGTERM');
  const end = await service.exit();
  const tookMs = performance.now() - signalled;
  await load.stop();
  collector.close();
  // THEN
  const accepted = service.lines.filter(({ message }) => message === 'received').map(({ id }) => String(id));
  const spans = pathsOf(collector.accepted).map((path) => path.slice('/work/'.length));
  return {
    end,
    inTime: tookMs < PROMISED_EXIT_MS,
    failedBefore,
    lostRequests: without(accepted, load.answered),
    lostSpans: without(load.answered, spans),
    stderr: service.stderr,
    enough: load.answered.length >= BEFORE,
  };
}

const kept = {
  end: { code: 0, signal: null },
  inTime: true,
  failedBefore: [],
  lostRequests: [],
  stderr: '',
  enough: true,
};

test.each(Array.from({ length: ROUNDS }, (_, round) => [round + 1]))(
  `round %i of ${ROUNDS}: SIGTERM under load loses no accepted request and no span of an answered one`,
  async () => {
    expect(await storm(new Collector(), () => {})).toEqual({ ...kept, lostSpans: [] });
  },
);

test.each(Object.keys(FAULTS))(
  'with a collector that %s, SIGTERM under load loses no accepted request, and the process ends in time',
  async (fault) => {
    expect(await storm(new Collector(), (collector) => FAULTS[fault]?.(collector))).toMatchObject(kept);
  },
);

test('a request that hangs and a collector that never answers, together, do not keep the process either', async () => {
  const collector = new Collector();
  collector.answer = () => {};
  const service = await ChildService.start(bundle, await collector.env());
  const begun = service.begun(1);
  const hanging = send(`${service.url}/gated/1`).catch((error: unknown) => error);
  await begun;
  await send(`${service.url}/work/2`);
  const signalled = performance.now();
  service.signal('SIGTERM');
  expect(await service.exit()).toEqual({ code: 0, signal: null });
  expect(performance.now() - signalled).toBeLessThan(PROMISED_EXIT_MS);
  expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
  expect(service.messages).toContain('spans dropped: 2 (not sent in time 2)');
  collector.close();
});
