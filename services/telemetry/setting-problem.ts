/** A variable that could not be used as it stands. */
export interface SettingProblem {
  readonly variable: string;
  readonly got: string;
  readonly allowed: string;
  /** What is used instead. */
  readonly used: string;
}

/** One sentence per problem, for the log line that reports it. */
export function describeProblem(problem: SettingProblem): string {
  return `${problem.variable} is '${problem.got}', allowed is ${problem.allowed}; using ${problem.used}`;
}
