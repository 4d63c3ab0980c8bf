/** google_monitoring_dashboard. */

import { isDeepStrictEqual } from 'node:util';
import type { Monitoring } from '../../monitoring/monitoring';
import type { Dashboard } from '../../monitoring/resources';
import type { Attributes, Diagnostic, ResourceType, Value } from '../resource-type';
import { projectDiagnostics, refuseErrors, requiredText, text } from './attributes';
import { isObject } from '../values';

interface DashboardProducts {
  readonly monitoring: Monitoring;
}

/** `google_monitoring_dashboard`. */
export const dashboard: ResourceType<DashboardProducts> = {
  type: 'google_monitoring_dashboard',
  replaceOn: ['project'],
  validate: validateDashboard,

  plan(planned, { prior }) {
    const written = text(planned, 'dashboard_json');
    const before = prior === null ? undefined : text(prior, 'dashboard_json');
    if (written === undefined || before === undefined) return;
    // The same content in another spelling is no change.
    if (isDeepStrictEqual(contentOf(written), contentOf(before))) planned['dashboard_json'] = before;
  },

  async create(planned, { products: { monitoring } }) {
    refuseErrors(validateDashboard(planned));
    const content = contentOf(requiredText(planned, 'dashboard_json'));
    return attributesOf(monitoring.createDashboard(requiredText(planned, 'project'), content), planned);
  },

  async read(state, { products: { monitoring } }) {
    const found = monitoring.dashboard(requiredText(state, 'id'));
    return found ? attributesOf(found, state) : null;
  },

  async update(planned, prior, { products: { monitoring } }) {
    refuseErrors(validateDashboard(planned));
    const content = contentOf(requiredText(planned, 'dashboard_json'));
    return attributesOf(monitoring.putDashboard(requiredText(prior, 'id'), content), planned);
  },

  async delete(state, { products: { monitoring } }) {
    monitoring.deleteDashboard(requiredText(state, 'id'));
  },
};

function validateDashboard(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const json = text(config, 'dashboard_json');
  if (json === undefined) return diagnostics;
  const refuse = (summary: string, detail: string): Diagnostic[] => [
    ...diagnostics,
    { severity: 'error', summary, detail, path: ['dashboard_json'] },
  ];
  let value: Value;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    return refuse('"dashboard_json" is not JSON', `${String(cause)}. Write it with jsonencode({ ... }).`);
  }
  if (!isObject(value)) {
    return refuse('"dashboard_json" is not a JSON object', 'Write { "displayName": "...", ... }.');
  }
  if (typeof value['displayName'] !== 'string' || value['displayName'] === '') {
    return refuse('The dashboard has no "displayName"', 'Add one to the JSON object.');
  }
  return diagnostics;
}

/** The API sets the name and the etag itself. */
function contentOf(json: string): Dashboard['content'] {
  const written: Dashboard['content'] = JSON.parse(json);
  const { name: _name, etag: _etag, ...content } = written;
  return content;
}

function attributesOf({ name, content }: Dashboard, prior: Attributes): Attributes {
  // The same content keeps the text that it was written in.
  const written = requiredText(prior, 'dashboard_json');
  const same = isDeepStrictEqual(contentOf(written), content);
  return { ...prior, id: name, dashboard_json: same ? written : JSON.stringify(content) };
}
