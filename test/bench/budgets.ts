import type { Measured, Metric } from './measure';
import { summarize, type Summary } from './statistics';
import { PEER_NAMES, type VariantName } from './variants';

/** What tracing may cost: a value of this project compared with the same one of another variant. */
interface Budget {
  readonly what: string;
  readonly metric: Metric;
  readonly other: VariantName;
  /** `ratio` is ours divided by the other, `difference` ours less the other, in the metric's unit. */
  readonly compare: 'ratio' | 'difference';
  readonly atMost: number;
}

export interface JudgedBudget extends Budget {
  /** Of the rounds, each of which compares two values that were taken together. */
  readonly measured: Summary;
  readonly met: boolean;
}

/** The variant that is compared: what production runs. */
const OURS: VariantName = 'traced-10';

const BUDGETS: readonly Budget[] = [
  {
    what: 'cold start, against untraced from node_modules',
    metric: 'startMs',
    other: 'untraced-unbundled',
    compare: 'ratio',
    atMost: 0.65,
  },
  {
    what: 'cold start, against untraced, bundled and cached alike',
    metric: 'startMs',
    other: 'untraced',
    compare: 'ratio',
    atMost: 1.2,
  },
  {
    what: 'cold start, 4.5 x faster than auto-instrumentations-node',
    metric: 'startMs',
    other: 'auto-instrumentations',
    compare: 'ratio',
    atMost: 1 / 4.5,
  },
  {
    what: 'memory after start, MB over untraced',
    metric: 'startRssMB',
    other: 'untraced',
    compare: 'difference',
    atMost: 8,
  },
  {
    what: 'memory after 10,000 requests, collected, MB over untraced',
    metric: 'loadedRssMB',
    other: 'untraced',
    compare: 'difference',
    atMost: 12,
  },
  {
    what: 'CPU per request, against untraced',
    metric: 'cpuUs',
    other: 'untraced',
    compare: 'ratio',
    atMost: 1.5,
  },
  {
    what: 'CPU per request, against auto-instrumentations-node',
    metric: 'cpuUs',
    other: 'auto-instrumentations',
    compare: 'ratio',
    atMost: 0.55,
  },
  ...PEER_NAMES.map((other): Budget => ({
    what: `CPU per request, less than ${other}`,
    metric: 'cpuUs',
    other,
    compare: 'ratio',
    atMost: 1,
  })),
];

/** The budgets of which both variants were measured. */
export function judge(measured: ReadonlyMap<VariantName, Measured>): JudgedBudget[] {
  return BUDGETS.flatMap((budget) => {
    const ours = measured.get(OURS)?.[budget.metric];
    const others = measured.get(budget.other)?.[budget.metric];
    if (!ours || !others) return [];
    const compared = ours.map((value, round) => {
      const other = others[round] ?? Number.NaN;
      return budget.compare === 'ratio' ? value / other : value - other;
    });
    const summary = summarize(compared);
    return [{ ...budget, measured: summary, met: summary.median <= budget.atMost }];
  });
}
