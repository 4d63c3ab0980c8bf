import { AppProcess } from './app-process';
import { sendLoad, type LoadResult } from './load';
import type { Variant, VariantName } from './variants';

/** How much is measured. */
export interface Extent {
  /** Starts of each variant. */
  readonly starts: number;
  /** Processes of each variant that get requests. */
  readonly loads: number;
  /** Requests after which memory is looked at. */
  readonly loadedRequests: number;
  /** Requests after that and before CPU time is looked at: V8 optimizes meanwhile, also what exports. */
  readonly warmUpRequests: number;
  /** How often the processes of one round take turns, with an empty handler and with one outgoing request each. */
  readonly turns: number;
  /** Requests of a turn. */
  readonly requests: number;
  readonly outRequests: number;
}

/** 10,000 requests are the budget's. At 10 % a batch of spans is sent every 5,120 requests, so each turn pays for one. */
export const FULL: Extent = {
  starts: 20,
  loads: 5,
  loadedRequests: 10_000,
  warmUpRequests: 20_000,
  turns: 6,
  requests: 5_000,
  outRequests: 1_000,
};
export const QUICK: Extent = {
  starts: 3,
  loads: 1,
  loadedRequests: 1_000,
  warmUpRequests: 1_000,
  turns: 2,
  requests: 1_000,
  outRequests: 200,
};

export const METRICS = {
  startMs: 'start to first 200, ms',
  startRssMB: 'memory after it, MB',
  loadedRssMB: 'memory after requests, collected, MB',
  cpuUs: 'CPU per request, us',
  requestsPerSecond: 'requests/s',
  p50Ms: 'p50, ms',
  p99Ms: 'p99, ms',
  outCpuUs: 'CPU per `out` request, us',
  outRequestsPerSecond: '`out` requests/s',
} as const;

export type Metric = keyof typeof METRICS;

/** Values by metric: one per start, per process or per turn. Those of one index were taken together in all variants. */
export type Measured = Readonly<Record<Metric, number[]>>;

const CONNECTIONS = 32;

/** A variant's process that gets requests, and where its values go. */
interface Loaded {
  readonly app: AppProcess;
  readonly into: Measured;
  /** CPU time that is counted already. */
  countedUs: number;
}

/**
 * Measures all variants, round by round, each round in another order. Of every variant one process is there for the whole
 * round, and they take short turns: other work on the machine, and what the processor does about it, comes in seconds and
 * minutes, and then weighs on all variants alike.
 */
export async function measure(
  variants: readonly Variant[],
  extent: Extent,
  outUrl: string,
  progress: (text: string) => void,
): Promise<Map<VariantName, Measured>> {
  const measured = new Map(variants.map((variant) => [variant, nothingYet()]));
  const env = { OUT_URL: outUrl };
  for (let i = 0; i < extent.starts; i += 1) {
    progress(`starts: round ${i + 1} of ${extent.starts}`);
    for (const [variant, into] of rotated([...measured], i)) await measureStart(variant, env, into);
  }
  for (let i = 0; i < extent.loads; i += 1) {
    progress(`requests: round ${i + 1} of ${extent.loads}`);
    await measureLoads(rotated([...measured], i), env, extent);
  }
  return new Map([...measured].map(([{ name }, values]) => [name, values]));
}

async function measureStart(variant: Variant, env: Record<string, string>, into: Measured): Promise<void> {
  const app = await AppProcess.start(variant, env, false);
  into.startMs.push(app.startMs);
  into.startRssMB.push(app.rssMB);
  await app.end();
}

async function measureLoads(
  measured: readonly (readonly [Variant, Measured])[],
  env: Record<string, string>,
  { loadedRequests, warmUpRequests, turns, requests, outRequests }: Extent,
): Promise<void> {
  const all: Loaded[] = [];
  try {
    for (const [variant, into] of measured) {
      const app = await AppProcess.start(variant, env, true);
      const loaded = { app, into, countedUs: 0 };
      all.push(loaded);
      await send(loaded, '/', loadedRequests);
      await app.collectGarbage();
      into.loadedRssMB.push(app.rssMB);
      // The collection threw optimized code away.
      await send(loaded, '/', warmUpRequests);
    }
    for (let turn = 0; turn < turns; turn += 1) {
      for (const loaded of rotated(all, turn)) {
        const { cpuUs, requestsPerSecond, p50Ms, p99Ms } = await send(loaded, '/', requests);
        loaded.into.cpuUs.push(cpuUs);
        loaded.into.requestsPerSecond.push(requestsPerSecond);
        loaded.into.p50Ms.push(p50Ms);
        loaded.into.p99Ms.push(p99Ms);
      }
    }
    for (let turn = 0; turn < turns; turn += 1) {
      for (const loaded of rotated(all, turn)) {
        const { cpuUs, requestsPerSecond } = await send(loaded, '/out', outRequests);
        loaded.into.outCpuUs.push(cpuUs);
        loaded.into.outRequestsPerSecond.push(requestsPerSecond);
      }
    }
  } finally {
    for (const { app } of all) await app.end();
  }
}

/** The CPU time, per request, is all since the last load: also what the process did between its turns, such as to export. */
async function send(
  loaded: Loaded,
  path: string,
  requests: number,
): Promise<LoadResult & { readonly cpuUs: number }> {
  const { app } = loaded;
  const result = await sendLoad({ port: app.port, path, requests, connections: CONNECTIONS });
  const before = loaded.countedUs;
  loaded.countedUs = app.cpuUs;
  return { ...result, cpuUs: (loaded.countedUs - before) / requests };
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function nothingYet(): Measured {
  return {
    startMs: [],
    startRssMB: [],
    loadedRssMB: [],
    cpuUs: [],
    requestsPerSecond: [],
    p50Ms: [],
    p99Ms: [],
    outCpuUs: [],
    outRequestsPerSecond: [],
  };
}
