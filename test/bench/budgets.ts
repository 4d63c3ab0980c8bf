import type { Measured, Metric } from './measure';
import { summarize, type Summary } from './statistics';
import { PEER_NAMES, type VariantName } from './variants';

/** What tracing may cost: a value of this project compared with the same one of another variant. */
interface Budget {
  readonly what: string;
  readonly metric: Metric;
  readonly ours: VariantName;
  readonly other: VariantName;
  /** `ratio` is ours divided by the other, `difference` ours less the other, in the metric's unit. */
  readonly compare: 'ratio' | 'difference';
  readonly atMost: number;
}

export interface JudgedBudget extends Budget {
  /** Each of them compares two values that were taken together. */
  readonly measured: Summary;
  readonly met: boolean;
}

/** What production runs. */
const OURS: VariantName = 'traced-10';

/**
 * MB that Google's exporter takes besides what tracing does, once it has sent its first spans: google-auth-library 3.4,
 * gRPC and protobuf 7.6, root certificates 6.2 (each measured by itself). A service that itself calls Google or another
 * service of Cloud Run has the first and the last of them anyway.
 */
const GOOGLE_EXPORTER_MB = 17;

const BUDGETS: readonly Budget[] = [
  {
    what: 'cold start, against untraced from node_modules',
    metric: 'startMs',
    ours: OURS,
    other: 'untraced-unbundled',
    compare: 'ratio',
    atMost: 0.65,
  },
  {
    what: 'cold start, against untraced, bundled and cached alike',
    metric: 'startMs',
    ours: OURS,
    other: 'untraced',
    compare: 'ratio',
    atMost: 1.2,
  },
  {
    what: 'cold start, 4.5 x faster than auto-instrumentations-node',
    metric: 'startMs',
    ours: OURS,
    other: 'auto-instrumentations',
    compare: 'ratio',
    atMost: 1 / 4.5,
  },
  {
    what: 'memory after start, MB over untraced',
    metric: 'startRssMB',
    ours: OURS,
    other: 'untraced',
    compare: 'difference',
    atMost: 8,
  },
  {
    what: 'memory after 10,000 requests, collected, MB over untraced, OTLP',
    metric: 'loadedRssMB',
    ours: 'traced-otlp',
    other: 'untraced',
    compare: 'difference',
    atMost: 12,
  },
  {
    what: "the same with Google's exporter, which takes 17 MB itself",
    metric: 'loadedRssMB',
    ours: OURS,
    other: 'untraced',
    compare: 'difference',
    atMost: 12 + GOOGLE_EXPORTER_MB,
  },
  {
    what: 'CPU per request, against untraced',
    metric: 'cpuUs',
    ours: OURS,
    other: 'untraced',
    compare: 'ratio',
    atMost: 1.5,
  },
  {
    what: 'CPU per request, against auto-instrumentations-node',
    metric: 'cpuUs',
    ours: OURS,
    other: 'auto-instrumentations',
    compare: 'ratio',
    atMost: 0.55,
  },
  ...PEER_NAMES.map((other): Budget => ({
    what: `CPU per request, less than ${other}`,
    metric: 'cpuUs',
    ours: OURS,
    other,
    compare: 'ratio',
    atMost: 1,
  })),
];

/** The budgets of which both variants were measured. */
export function judge(measured: ReadonlyMap<VariantName, Measured>): JudgedBudget[] {
  return BUDGETS.flatMap((budget) => {
    const ours = measured.get(budget.ours)?.[budget.metric];
    const others = measured.get(budget.other)?.[budget.metric];
    if (!ours || !others) return [];
    const compared = ours.map((value, index) => {
      const other = others[index] ?? Number.NaN;
      return budget.compare === 'ratio' ? value / other : value - other;
    });
    const summary = summarize(compared);
    return [{ ...budget, measured: summary, met: summary.median <= budget.atMost }];
  });
}
