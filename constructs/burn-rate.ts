/**
 * How fast an error budget has to go for an alert, as a multiple of the rate that would spend it exactly over the period.
 * Shares and windows are those of the Site Reliability Workbook, table 5-8, https://sre.google/workbook/alerting-on-slos/
 */
export class BurnRate {
  /** 2 % of the budget within an hour, and still going: somebody should look now. */
  static fast(): BurnRate {
    return new BurnRate('fast', 0.02, [60, 5]);
  }

  /** 5 % of the budget within six hours, and still going: what is too small for the fast one. */
  static slow(): BurnRate {
    return new BurnRate('slow', 0.05, [360, 30]);
  }

  private constructor(
    readonly id: 'fast' | 'slow',
    /** 0 to 1. */
    readonly budgetShare: number,
    /** The long window, and the short one by which the alert ends soon after the failure. */
    readonly windowsMin: readonly [number, number],
  ) {}

  /** The burn rate that spends `budgetShare` in the long window: 13.44 for the fast one over 28 days, 14.4 over 30. */
  factor(periodDays: number): number {
    return Number(((this.budgetShare * periodDays * 24 * 60) / this.windowsMin[0]).toFixed(4));
  }
}
