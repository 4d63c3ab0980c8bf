import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector, pathsOf } from '../services/telemetry/collector';
import { send } from '../services/telemetry/http';
import { Load, without } from './load';
import { randomNumbers, SEED } from './random';

/**
 * The process is killed without a warning, at random moments under load, as when an instance runs out of memory. What is
 * queued is gone then, and cannot be otherwise: but it is what ended last, after everything that has arrived.
 */
const ROUNDS = 20;
const CONNECTIONS = 20;
const MAX_REQUESTS = 1_000;

/** How long spans wait for a batch, in milliseconds: several times shorter than a round. */
const SCHEDULE_DELAY_MS = '100';

const bundle = bundleService();
const random = randomNumbers(SEED);

/** Ids of the requests that have ended, in this order: the access line is written in the turn in which the span ends. */
function endedIn(service: ChildService): string[] {
  return service.lines
    .filter((line) => 'httpRequest' in line)
    .map(({ message }) => String(message).replace(/^GET \/work\/(\d+) \d+$/, '$1'));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test(`of ${ROUNDS} processes killed under load nothing remains, and only the last batch of spans is lost`, async () => {
  const collector = new Collector();
  const env = { ...(await collector.env()), OTEL_BSP_SCHEDULE_DELAY: SCHEDULE_DELAY_MS };
  let port = '0';
  let first = 0;
  const total = { ended: 0, arrived: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    // GIVEN the next instance, at the address of the one that was killed
    const service = await ChildService.start(bundle, { ...env, PORT: port });
    port = new URL(service.url).port;
    const probe = await send(`${service.url}/health`);
    // WHEN it is killed at a random moment
    const load = new Load(service.url, CONNECTIONS, first);
    await load.ended(1 + random(MAX_REQUESTS));
    service.signal('SIGKILL');
    const end = await service.exit();
    await load.stop();
    // THEN what has arrived are the first spans that ended, without a gap
    const ended = endedIn(service);
    const arrived = pathsOf(collector.received.splice(0)).map((path) => path.slice('/work/'.length));
    expect({
      seed: SEED,
      round,
      probe: probe.status,
      end,
      running: isRunning(service.pid),
      arrived: arrived.toSorted(),
      // A client may have the answer of a request whose span did not end any more, never the other way round.
      unknown: without(arrived, ended),
    }).toEqual({
      seed: SEED,
      round,
      probe: 200,
      end: { code: null, signal: 'SIGKILL' },
      running: false,
      arrived: ended.slice(0, arrived.length).toSorted(),
      unknown: [],
    });
    first += MAX_REQUESTS * 2;
    total.ended += ended.length;
    total.arrived += arrived.length;
  }
  // AND they are most, because a batch waits for a fraction of a round only
  expect(total.arrived).toBeGreaterThan(total.ended / 2);
  // AND the last one stops as ever, with all its spans
  const survivor = await ChildService.start(bundle, { ...env, PORT: port });
  await send(`${survivor.url}/work/1`);
  survivor.signal('SIGTERM');
  expect(await survivor.exit()).toEqual({ code: 0, signal: null });
  expect(pathsOf(collector.received)).toEqual(['/work/1']);
  collector.close();
});
