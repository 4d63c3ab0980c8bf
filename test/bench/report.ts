import type { JudgedBudget } from './budgets';
import { METRICS, type Measured, type Metric } from './measure';
import { summarize, type Summary } from './statistics';
import type { Variant, VariantName } from './variants';

/** What was measured, for programs. */
export interface Report {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  /** Whether so little was measured that it proves nothing. */
  readonly quick: boolean;
  readonly variants: Readonly<Record<string, { what: string } & Readonly<Record<Metric, Summary>>>>;
  readonly budgets: readonly JudgedBudget[];
}

export function summarizeAll(
  variants: readonly Variant[],
  measured: ReadonlyMap<VariantName, Measured>,
): Report['variants'] {
  return Object.fromEntries(
    variants.flatMap(({ name, what }) => {
      const values = measured.get(name);
      if (!values) return [];
      const summary = (metric: Metric): Summary => summarize(values[metric]);
      return [[name, { what, ...mapMetrics(summary) }]];
    }),
  );
}

/** As Markdown, for the screen: the variants, what they are, and the budgets. */
export function formatReport(report: Report): string {
  return [formatVariants(report), formatBudgets(report), ''].join('\n\n');
}

/** As Markdown, for the README: the budgets, and the rest folded. */
export function formatForReadme(report: Report): string {
  return [
    formatBudgets(report),
    '<details><summary>Every figure of that run</summary>',
    formatVariants(report),
    '</details>',
  ].join('\n\n');
}

function formatVariants({ machine, node, date, variants }: Report): string {
  const metrics = Object.keys(METRICS).filter((key): key is Metric => key in METRICS);
  return [
    `${machine}, Node.js ${node}, ${date}. Medians, with quarter and three quarters in parentheses.`,
    '',
    table(
      ['variant', ...metrics.map((metric) => METRICS[metric])],
      Object.entries(variants).map(([name, values]) => [
        `\`${name}\``,
        ...metrics.map((metric) => formatSummary(values[metric])),
      ]),
    ),
    '',
    ...Object.entries(variants).map(([name, { what }]) => `- \`${name}\`: ${what}`),
  ].join('\n');
}

function formatBudgets({ quick, budgets }: Report): string {
  return [
    table(
      ['budget', 'of', 'at most', 'measured', 'met'],
      budgets.map(({ what, ours, atMost, compare, measured, met }) => [
        what,
        `\`${ours}\``,
        formatBudget(atMost, compare),
        `${formatBudget(measured.median, compare)} (${formatBudget(measured.p25, compare)} to ${formatBudget(measured.p75, compare)})`,
        quick ? 'not judged' : met ? 'yes' : '**no**',
      ]),
    ),
    ...(quick ? ['', 'Quick: too little was measured to judge by; run it without `--quick`.'] : []),
  ].join('\n');
}

function mapMetrics<T>(of: (metric: Metric) => T): Record<Metric, T> {
  return {
    startMs: of('startMs'),
    startRssMB: of('startRssMB'),
    loadedRssMB: of('loadedRssMB'),
    cpuUs: of('cpuUs'),
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    outCpuUs: of('outCpuUs'),
    outRequestsPerSecond: of('outRequestsPerSecond'),
  };
}

function formatSummary({ median, p25, p75 }: Summary): string {
  return `${formatNumber(median)} (${formatNumber(p25)} to ${formatNumber(p75)})`;
}

function formatBudget(value: number, compare: JudgedBudget['compare']): string {
  return compare === 'ratio' ? `${value.toFixed(2)} x` : `${value.toFixed(1)} MB`;
}

/** Three digits that count. */
function formatNumber(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
