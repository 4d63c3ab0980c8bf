/** Two small resource types, so that the provider's core is tested without the products. */

import type { Attributes, ResourceType, Value } from '../../../local/terraform/resource-type';
import { ResourceError, UNKNOWN } from '../../../local/terraform/resource-type';

/** What exists, by id, and what has been asked for. */
export class Things {
  readonly existing = new Map<string, Attributes>();
  readonly calls: string[] = [];
  /** Runs in the middle of every create. */
  onCreate: (planned: Attributes) => Promise<void> = () => Promise.resolve();
  onDelete: () => Promise<void> = () => Promise.resolve();
}

interface Products {
  readonly things: Things;
}

/** An account whose `email` is known in the plan, and whose `unique_id` is not. */
export const account: ResourceType<Products> = {
  type: 'google_service_account',
  replaceOn: ['account_id'],
  changedByUpdate: ['name'],
  defaults: ['disabled'],
  sensitive: ['description'],

  plan(planned) {
    planned['disabled'] ??= false;
    planned['email'] = computed(planned, (id, project) => `${id}@${project}`);
    planned['id'] = planned['email'];
  },

  async create(planned, { products: { things } }) {
    things.calls.push(`create ${text(planned['id'])}`);
    await things.onCreate(planned);
    const created = { ...planned, unique_id: `${things.calls.length}`, name: 'v1', member: 'm' };
    things.existing.set(text(planned['id']), created);
    return created;
  },

  async read(state, { products: { things } }) {
    return things.existing.get(text(state['id'])) ?? null;
  },

  async update(planned, prior, { products: { things } }) {
    things.calls.push(`update ${text(prior['id'])}`);
    if (planned['display_name'] === 'refused') {
      throw new ResourceError('Error 400: no such name', { path: ['display_name'], detail: 'Take another.' });
    }
    const updated = { ...planned, name: `v${things.calls.length}` };
    things.existing.set(text(prior['id']), updated);
    return updated;
  },

  async delete(state, { products: { things } }) {
    things.calls.push(`delete ${text(state['id'])}`);
    await things.onDelete();
    things.existing.delete(text(state['id']));
  },

  async import(id, { products: { things } }) {
    return things.existing.get(id) ?? null;
  },
};

/** A metric: blocks in lists and sets, closed lists of values, attributes of blocks that are computed. */
export const metric: ResourceType<Products> = {
  type: 'google_logging_metric',
  replaceOn: ['name', 'metric_descriptor.metric_kind'],
  defaults: ['metric_descriptor.unit'],

  async create(planned, { products: { things } }) {
    const created = { ...withUnits(planned), id: `metric/${text(planned['name'])}` };
    things.existing.set(created.id, created);
    return created;
  },

  async read(state, { products: { things } }) {
    return things.existing.get(text(state['id'])) ?? null;
  },

  async update(planned, _prior, { products: { things } }) {
    const updated = withUnits(planned);
    things.existing.set(text(planned['id']), updated);
    return updated;
  },

  async delete(state, { products: { things } }) {
    things.existing.delete(text(state['id']));
  },
};

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : '?';
}

function withUnits(planned: Attributes): Attributes {
  const descriptors = planned['metric_descriptor'];
  if (!Array.isArray(descriptors)) return planned;
  const units = descriptors.map((descriptor: Attributes) => ({
    ...descriptor,
    unit: descriptor['unit'] === UNKNOWN ? '1' : (descriptor['unit'] ?? null),
  }));
  return { ...planned, metric_descriptor: units };
}

function computed(planned: Attributes, from: (id: string, project: string) => string): Value {
  const { account_id: id, project } = planned;
  return typeof id === 'string' && typeof project === 'string' ? from(id, project) : UNKNOWN;
}
