/** What a view is given. */
export interface ViewContext {
  /** What follows the view's name in the address. */
  readonly rest: string;
  readonly parameters: URLSearchParams;
  /** Aborts when another view takes its place. */
  readonly signal: AbortSignal;
}

export interface View {
  readonly title: string;
  readonly content: readonly (Node | string)[];
  /** Called once the content is on the page. */
  readonly shown?: () => void;
}

/** A link within the page; parameters without a value are left out. */
export function hrefOf(path: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) given.set(name, value);
  return `#/${path}${given.size > 0 ? `?${given.toString()}` : ''}`;
}

/** Puts parameters into the address without another entry in the history. */
export function replaceParameters(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): void {
  history.replaceState(null, '', hrefOf(path, parameters));
}

/** Time of day in UTC, as on the command line. */
export function timeOf(unixMs: number): string {
  return Number.isFinite(unixMs) ? new Date(unixMs).toISOString().slice(11, 23) : '';
}
