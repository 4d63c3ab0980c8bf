/** What Terraform says, read from its machine-readable output. */

import type { TerraformDiagnostic } from '../../local/testing/terraform-diagnostics';

type Action = 'create' | 'update' | 'delete' | 'replace';

export interface CommandResult {
  readonly ok: boolean;
  readonly diagnostics: readonly TerraformDiagnostic[];
  /** Everything it printed, for a failing test's message. */
  readonly text: string;
}

export interface Plan extends CommandResult {
  /** What the plan does, by resource address. Empty when there is nothing to do. */
  readonly actions: Readonly<Record<string, Action>>;
  /** For every replaced resource the attributes that cause it, such as `location` or `template.0.name`. */
  readonly replacePaths: Readonly<Record<string, readonly string[]>>;
  /**
   * For every changed resource the paths, such as `template.0.timeout`, whose planned value differs from the prior
   * one, sorted; planned values that are not known yet count as changed.
   */
  readonly changedPaths: Readonly<Record<string, readonly string[]>>;
  /** Planned attributes by resource address, without those that are not known yet. */
  readonly planned: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface ShownChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Record<string, unknown> | null;
    readonly after: Record<string, unknown> | null;
    readonly after_unknown: unknown;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

/** Reads what `terraform show -json` prints of a plan file. */
export function readShownPlan(
  json: string,
): Pick<Plan, 'actions' | 'replacePaths' | 'changedPaths' | 'planned'> {
  const shown: { readonly resource_changes?: readonly ShownChange[] } = JSON.parse(json);
  const changes = (shown.resource_changes ?? []).flatMap(({ address, change }) => {
    const action = actionOf(change.actions);
    return action ? [{ address, change, action }] : [];
  });
  return {
    actions: Object.fromEntries(changes.map(({ address, action }) => [address, action])),
    replacePaths: Object.fromEntries(
      changes.flatMap(({ address, change: { replace_paths: paths } }) =>
        paths ? [[address, paths.map((path) => path.join('.'))]] : [],
      ),
    ),
    changedPaths: Object.fromEntries(
      changes.map(({ address, change }) => [
        address,
        differences(change.before, change.after, change.after_unknown).toSorted(),
      ]),
    ),
    planned: Object.fromEntries(changes.map(({ address, change }) => [address, change.after ?? {}])),
  };
}

function actionOf(actions: readonly string[]): Action | undefined {
  const [first, second] = actions;
  if (second !== undefined) return 'replace';
  return first === 'create' || first === 'update' || first === 'delete' ? first : undefined;
}

/** Paths of the leaves that differ. `unknown` mirrors the value and holds true where it is not known yet. */
function differences(
  before: unknown,
  after: unknown,
  unknown: unknown,
  path: readonly string[] = [],
): string[] {
  if (unknown === true) return [path.join('.')];
  if (isContainer(before) || isContainer(after) || isContainer(unknown)) {
    const keys = new Set(
      [before, after, unknown].flatMap((part) => (isContainer(part) ? Object.keys(part) : [])),
    );
    return [...keys].flatMap((key) =>
      differences(child(before, key), child(after, key), child(unknown, key), [...path, key]),
    );
  }
  return (before ?? null) === (after ?? null) ? [] : [path.join('.')];
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function child(value: unknown, key: string): unknown {
  return isContainer(value) ? value[key] : undefined;
}
