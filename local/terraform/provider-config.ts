import type { Attributes, Diagnostic, ProviderConfig, Value } from './resource-type';
import { isObject } from './values';

const PROJECT_PREFIX = 'local-';

/** Reads the provider block; what speaks against it comes back as diagnostics in place of the configuration. */
export function readProviderConfig(config: Attributes): ProviderConfig | readonly Diagnostic[] {
  const { project, region, default_labels: labels } = config;
  if (typeof project !== 'string' || !project.startsWith(PROJECT_PREFIX)) {
    return [
      {
        severity: 'error',
        summary: `The local cloud has only projects whose ids start with "${PROJECT_PREFIX}"`,
        detail:
          `The project of this google provider is ${shown(project)}. A real project is refused, so that a configuration ` +
          'that is meant for it cannot be deployed here by mistake, and nothing of the local cloud can be taken for ' +
          `the real thing. Set "project" of the provider to an id such as "${PROJECT_PREFIX}test".`,
        path: ['project'],
      },
    ];
  }
  if (region !== null && typeof region !== 'string') return [notKnown('region')];
  const defaultLabels = readLabels(labels ?? null);
  if (!defaultLabels) return [notKnown('default_labels')];
  return { projectId: project, region, defaultLabels, attributionLabel: attributionLabel(config) };
}

/** The label is on by default since google 6.0, for what is created. */
function attributionLabel(config: Attributes): 'never' | 'on-create' | 'always' {
  if (config['add_terraform_attribution_label'] === false) return 'never';
  return config['terraform_attribution_label_addition_strategy'] === 'PROACTIVE' ? 'always' : 'on-create';
}

function readLabels(labels: Value): Record<string, string> | undefined {
  if (labels === null) return {};
  if (!isObject(labels)) return undefined;
  const entries = Object.entries(labels).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length === Object.keys(labels).length ? Object.fromEntries(entries) : undefined;
}

function notKnown(name: string): Diagnostic {
  return {
    severity: 'error',
    summary: `"${name}" of the google provider is not known yet`,
    detail:
      'The provider is configured before anything is created, so its arguments cannot come from resources.',
    path: [name],
  };
}

function shown(project: Value | undefined): string {
  if (typeof project === 'string') return JSON.stringify(project);
  return project === null ? 'not set' : 'not known yet';
}
