/** Reading the attributes of a resource, and what all resource types of this folder have in common. */

import { type Attributes, type Diagnostic, type PlanRequest, ResourceError } from '../resource-type';
import { isList, isObject } from '../values';

/** A string attribute; undefined when it is not set or not known yet. */
export function text(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}

/** A string attribute that Terraform has made sure of. */
export function requiredText(attributes: Attributes, name: string): string {
  const value = text(attributes, name);
  if (value === undefined) throw new ResourceError(`"${name}" has no value.`);
  return value;
}

/** The blocks of one name that are known. */
export function blocks(attributes: Attributes, name: string): Attributes[] {
  const value = attributes[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Lets `change` change a copy of each of the blocks that is known, in place of it. */
export function mapBlocks(attributes: Attributes, name: string, change: (block: Attributes) => void): void {
  const list = attributes[name];
  if (list === undefined || !isList(list)) return;
  attributes[name] = list.map((block) => {
    if (!isObject(block)) return block;
    const copy = { ...block };
    change(copy);
    return copy;
  });
}

/** Whether an attribute or block is set to something, be it known or not. An empty text is nothing to Google's provider. */
export function isSet(attributes: Attributes, name: string): boolean {
  const value = attributes[name];
  return (
    value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

/**
 * Plans the default of every attribute that is not configured. Name the same attributes in the type's `defaults`, and
 * call it from its `plan`.
 */
export function planDefaults(planned: Attributes, { config }: PlanRequest, defaults: Attributes): void {
  for (const [name, value] of Object.entries(defaults)) {
    if (config[name] === null) planned[name] = value;
  }
}

/** Refuses a project that cannot be in the local cloud. */
export function projectDiagnostics(config: Attributes): Diagnostic[] {
  const project = text(config, 'project');
  if (project === undefined || /^(projects\/)?local-/.test(project)) return [];
  return [
    {
      severity: 'error',
      summary: `Project "${project}" is not in the local cloud`,
      detail:
        'Projects of the local cloud have ids that start with "local-". Leave "project" out to use the provider\'s.',
      path: ['project'],
    },
  ];
}

/** A warning for each of `names` that is set: it is kept, and shown in the plan, but nothing acts on it. */
export function notActedOn(config: Attributes, names: Readonly<Record<string, string>>): Diagnostic[] {
  return Object.entries(names)
    .filter(([name]) => isSet(config, name))
    .map(([name, what]) => ({
      severity: 'warning',
      summary: `"${name}" has no effect in the local cloud`,
      detail: `${what} It is kept as configured, and Google acts on it.`,
      path: [name],
    }));
}

/** Throws the first error, for what a plan could not see because a value was not known yet. */
export function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error) throw new ResourceError(error.summary, error);
}

/** For an update of what somebody has deleted after the plan was made. */
export function goneError(what: string): ResourceError {
  return new ResourceError(`Error 404: ${what} does not exist any more`, {
    detail: 'It was deleted outside of Terraform. Plan again to create it anew.',
  });
}

/** An error of the configuration at `path`. */
export function refusal(path: readonly (string | number)[], summary: string, detail: string): Diagnostic {
  return { severity: 'error', path, summary, detail };
}
