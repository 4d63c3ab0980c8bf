import { AppProcess } from './app-process';
import { sendLoad } from './load';
import type { Variant, VariantName } from './variants';

/** How much is measured. */
export interface Extent {
  /** Starts of each variant. */
  readonly starts: number;
  /** Processes of each variant that get requests. */
  readonly loads: number;
  /** Requests after which memory is looked at, and once more before CPU time is: V8 optimizes meanwhile. */
  readonly warmUpRequests: number;
  /** Requests of which CPU time and latency are taken, with an empty handler and with one outgoing request each. */
  readonly requests: number;
  readonly outRequests: number;
}

/** 10,000 requests are the budget's; the others make the clock ticks of CPU time small beside what is measured. */
export const FULL: Extent = {
  starts: 20,
  loads: 5,
  warmUpRequests: 10_000,
  requests: 15_000,
  outRequests: 3_000,
};
export const QUICK: Extent = {
  starts: 3,
  loads: 1,
  warmUpRequests: 1_000,
  requests: 2_000,
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

/** One value per round and metric; a round measures each variant once, so that values of one index were taken together. */
export type Measured = Readonly<Record<Metric, number[]>>;

const CONNECTIONS = 32;

/** Measures all variants in turn, round by round, each round in another order. */
export async function measure(
  variants: readonly Variant[],
  extent: Extent,
  outUrl: string,
  progress: (text: string) => void,
): Promise<Map<VariantName, Measured>> {
  const measured = new Map(variants.map(({ name }) => [name, nothingYet()]));
  const round = async (
    index: number,
    one: (variant: Variant, into: Measured) => Promise<void>,
  ): Promise<void> => {
    const at = index % variants.length;
    for (const variant of [...variants.slice(at), ...variants.slice(0, at)]) {
      const into = measured.get(variant.name);
      if (into) await one(variant, into);
    }
  };
  for (let i = 0; i < extent.starts; i += 1) {
    progress(`starts: round ${i + 1} of ${extent.starts}`);
    await round(i, (variant, into) => measureStart(variant, { OUT_URL: outUrl }, into));
  }
  for (let i = 0; i < extent.loads; i += 1) {
    progress(`requests: round ${i + 1} of ${extent.loads}`);
    await round(i, (variant, into) => measureLoad(variant, { OUT_URL: outUrl }, extent, into));
  }
  return measured;
}

async function measureStart(variant: Variant, env: Record<string, string>, into: Measured): Promise<void> {
  const app = await AppProcess.start(variant, env, false);
  into.startMs.push(app.startMs);
  into.startRssMB.push(app.rssMB);
  await app.end();
}

async function measureLoad(
  variant: Variant,
  env: Record<string, string>,
  { warmUpRequests, requests, outRequests }: Extent,
  into: Measured,
): Promise<void> {
  const app = await AppProcess.start(variant, env, true);
  try {
    const { port } = app;
    const warmUp = { port, path: '/', requests: warmUpRequests, connections: CONNECTIONS };
    await sendLoad(warmUp);
    await app.collectGarbage();
    into.loadedRssMB.push(app.rssMB);

    // The collection threw optimized code away.
    await sendLoad(warmUp);
    const before = app.cpuUs;
    const hello = await sendLoad({ port, path: '/', requests, connections: CONNECTIONS });
    const between = app.cpuUs;
    const out = await sendLoad({ port, path: '/out', requests: outRequests, connections: CONNECTIONS });
    into.outCpuUs.push((app.cpuUs - between) / outRequests);
    into.outRequestsPerSecond.push(out.requestsPerSecond);
    into.cpuUs.push((between - before) / requests);
    into.requestsPerSecond.push(hello.requestsPerSecond);
    into.p50Ms.push(hello.p50Ms);
    into.p99Ms.push(hello.p99Ms);
  } finally {
    await app.end();
  }
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
