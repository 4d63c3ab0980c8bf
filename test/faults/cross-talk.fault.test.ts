import { randomBytes } from 'node:crypto';
import { Agent, createServer } from 'node:http';
import { renderCallee } from '../../services/telemetry/settings';
import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector } from '../services/telemetry/collector';
import { listenLocally, send } from '../services/telemetry/http';

/** As many requests as Cloud Run gives to one instance at a time by default, and how often. */
const CONCURRENCY = 80;
const ROUNDS = 1_000;

/** One request in this many makes a call. */
const CALLING = 4;

const TRACE = 'logging.googleapis.com/trace';

/** What was seen of one kind, and what belonged to another request than the one it was found with. */
class Sightings {
  /** The first of them. */
  readonly foreign: string[] = [];
  seen = 0;

  see(own: string, found: unknown): void {
    this.seen += 1;
    if (found !== own && this.foreign.length < 10) this.foreign.push(`${String(found)} instead of ${own}`);
  }
}

test(`among ${CONCURRENCY} requests at a time, ${ROUNDS} times, no log line, span or call carries the trace of another`, async () => {
  const [answers, lines, spans, calls] = [new Sightings(), new Sightings(), new Sightings(), new Sightings()];
  const downstream = createServer((request, response) => {
    const [, traceId] = String(request.headers['traceparent']).split('-');
    calls.see(String(request.url).slice(1), traceId);
    response.end();
  });
  const callee = await listenLocally(downstream);
  const headers = { 'x-downstream': callee };
  const collector = new Collector();
  const service = await ChildService.start(bundleService(), {
    ...(await collector.env()),
    // As the construct tells a service where its callee is: others get no trace context.
    ...renderCallee('downstream', { url: callee, deadlineMs: 10_000 }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });

  const request = async (round: number, index: number): Promise<void> => {
    const own = randomBytes(16).toString('hex');
    const { body } = await send(`${service.url}/round/${round}/${CONCURRENCY}/${own}`, {
      agent,
      headers: {
        traceparent: `00-${own}-${randomBytes(8).toString('hex')}-01`,
        ...(index % CALLING === 0 && headers),
      },
    });
    answers.see(own, body);
  };
  const account = (): void => {
    for (const line of service.takeLines()) {
      const own = /[0-9a-f]{32}/.exec(JSON.stringify([line['own'], line['httpRequest']]))?.[0];
      if (own !== undefined) lines.see(own, line[TRACE]);
    }
    for (const { traceId, attributes } of collector.accepted.splice(0)) {
      const path = String(attributes['url.path'] ?? attributes['url.full']);
      spans.see(/[0-9a-f]{32}$/.exec(path)?.[0] ?? path, traceId);
    }
    collector.received.length = 0;
    collector.text = '';
  };

  // WHEN all requests of a round wait for each other, and then go on in turns of their own
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => request(round, index)));
    account();
  }
  service.signal('SIGTERM');
  expect(await service.exit()).toEqual({ code: 0, signal: null });
  account();
  agent.destroy();
  collector.close();
  downstream.close();
  downstream.closeAllConnections();

  // THEN each of them is there with what belongs to it: an answer, two lines, and a span for itself and for each call
  const requests = CONCURRENCY * ROUNDS;
  const calling = requests / CALLING;
  expect({ answers, lines, calls, spans }).toEqual({
    answers: { foreign: [], seen: requests },
    lines: { foreign: [], seen: 2 * requests },
    calls: { foreign: [], seen: calling },
    spans: { foreign: [], seen: requests + calling },
  });
});
