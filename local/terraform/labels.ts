import { UNKNOWN } from './resource-type';
import type { Attributes, PlanRequest, Value } from './resource-type';
import { isObject } from './values';

/** The label google 6.x puts on what it creates, unless the provider block says otherwise. */
const ATTRIBUTION_LABEL = 'goog-terraform-provisioned';

type Labels = { readonly [name: string]: Value };

/**
 * Fills in `terraform_labels` and `effective_labels` of a planned resource, as google 6.x does: the provider's default
 * labels, the attribution label and the resource's own `labels`, later ones winning; `effective_labels` also keeps what
 * others have put on the resource. Call it from `ResourceType.plan`.
 */
export function planLabels(planned: Attributes, { prior, provider }: PlanRequest): void {
  if (planned['labels'] === UNKNOWN) {
    planned['terraform_labels'] = UNKNOWN;
    planned['effective_labels'] = UNKNOWN;
    return;
  }
  const before = labelsOf(prior?.['effective_labels']);
  const attributed =
    provider.attributionLabel === 'always' ||
    (provider.attributionLabel === 'on-create' && prior === null) ||
    (provider.attributionLabel !== 'never' && ATTRIBUTION_LABEL in before);
  const managed: Labels = {
    ...provider.defaultLabels,
    ...(attributed && { [ATTRIBUTION_LABEL]: 'true' }),
    ...labelsOf(planned['labels']),
  };
  const managedBefore = labelsOf(prior?.['terraform_labels']);
  const foreign = Object.entries(before).filter(([name]) => !(name in managedBefore));
  planned['terraform_labels'] = managed;
  planned['effective_labels'] = { ...Object.fromEntries(foreign), ...managed };
}

/**
 * The three label attributes of a resource that has the labels `actual`: `labels` and `terraform_labels` show only
 * what the state holds already, so that labels others have set are no drift. Spread it into what `read` returns.
 */
export function readLabels(
  state: Attributes,
  actual: Readonly<Record<string, string>>,
): { labels: Value; terraform_labels: Value; effective_labels: Value } {
  const known = (names: Value | undefined): Value =>
    names === null || names === undefined
      ? null
      : Object.fromEntries(Object.entries(actual).filter(([name]) => name in labelsOf(names)));
  return {
    labels: known(state['labels']),
    terraform_labels: known(state['terraform_labels']),
    effective_labels: { ...actual },
  };
}

function labelsOf(value: Value | undefined): Labels {
  return isObject(value) ? value : {};
}
