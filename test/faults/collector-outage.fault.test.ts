import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector, pathsOf } from '../services/telemetry/collector';
import { send } from '../services/telemetry/http';
import { Load, without } from './load';

/** OUTAGE_SECONDS=600 makes the whole run of ten minutes; half a minute fills every bound several times. */
const OUTAGE_MS = 1_000 * Number(process.env['OUTAGE_SECONDS'] ?? 30);

/** About 400 requests per second. */
const CONNECTIONS = 20;
const WARM_UP = 2_000;

/** How often it is looked at the log, in requests. */
const STEP = 500;

/** A line a minute is what a broken collector may put into the log; a second for the wall clock. */
const ONE_LINE_MS = 59_000;

/**
 * How much of the heap an outage may take: the queue of 2,048 spans and one batch of 512 under way, 4 kB each (a server
 * span with its ten attributes takes about 2.5 kB, and the batch is there once more as bytes).
 */
const MAX_GROWTH_BYTES = (2_048 + 512) * 4_096;

test(`an outage of the collector of ${OUTAGE_MS} ms costs its spans, each of them counted, and nothing else`, async () => {
  // GIVEN a warm process under steady load
  const collector = new Collector();
  const service = await ChildService.start(bundleService(), await collector.env());
  const address = collector.server.address();
  const load = new Load(service.url, CONNECTIONS);
  const heap = async (): Promise<number> => Number((await send(`${service.url}/heap`)).body);
  const told: Record<string, unknown>[] = [];
  const goOn = async (): Promise<void> => {
    await load.ended(load.outcomes.length + STEP);
    told.push(...service.takeLines().filter((line) => !('id' in line) && !('httpRequest' in line)));
  };
  while (load.outcomes.length < WARM_UP) await goOn();
  const heapBefore = await heap();

  // WHEN the collector breaks down with a batch in its hands
  await new Promise<void>((broken) => {
    collector.answer = (response) => {
      response.socket?.resetAndDestroy();
      collector.close();
      broken();
    };
  });
  const since = performance.now();
  while (performance.now() - since < OUTAGE_MS) await goOn();
  const heapAfter = await heap();
  // AND comes back
  collector.answer = (response) => response.end();
  collector.server.listen(address);
  const lastLost = load.outcomes.length;
  const recovered = (): boolean =>
    pathsOf(collector.accepted).some((path) => Number(path.slice('/work/'.length)) > lastLost);
  while (!recovered()) await goOn();
  await load.stop();
  service.signal('SIGTERM');
  const end = await service.exit();
  collector.close();

  // THEN every request was answered, and the process has stopped well
  expect({ failed: load.failed, end, stderr: service.stderr }).toEqual({
    failed: [],
    end: { code: 0, signal: null },
    stderr: '',
  });
  // AND every span has arrived or is counted
  const lost = without(
    load.answered.map((id) => `/work/${id}`),
    pathsOf(collector.accepted),
  );
  told.push(...service.takeLines());
  const losses = told.filter(({ spansDropped }) => spansDropped !== undefined);
  expect(lost.length).toBeGreaterThan(0);
  expect(losses.at(-1)).toMatchObject({ spansDropped: lost.length });
  // AND the log is quiet: a line a minute, and the last one when the process ends
  const problems = told.filter(({ message }) => String(message).startsWith('telemetry: '));
  expect(tooSoon(problems)).toEqual([]);
  expect(tooSoon(losses.slice(0, -1))).toEqual([]);
  // AND what waits in memory is within its bounds
  expect(heapAfter - heapBefore).toBeLessThan(MAX_GROWTH_BYTES);
}, 900_000);

/** Lines that came less than a minute after the one before. */
function tooSoon(lines: readonly Record<string, unknown>[]): unknown[] {
  const times = lines.map(({ timestamp }) => Date.parse(String(timestamp)));
  return lines.filter((_, index) => Number(times[index]) - (times[index - 1] ?? 0) < ONE_LINE_MS);
}
