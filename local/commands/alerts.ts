import { parseArgs } from 'node:util';
import { renderAlerts, renderPolicies } from '../monitoring/alert-text';
import { findRunning } from './find-running';

/** Shows the alerts that have fired, or the deployed policies and what they make of the logs and metrics right now. */
export async function alerts(args: string[], projectDirectory: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { policies: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const client = await findRunning(projectDirectory);
  const colour = process.stdout.isTTY;
  if (values.policies) {
    const found = await client.alertPolicies();
    const text = renderPolicies(found, { colour }) || 'No alert policy is deployed.';
    process.stdout.write(`${values.json ? JSON.stringify(found) : text}\n`);
    return 0;
  }
  const found = await client.alerts();
  const text =
    renderAlerts(found, { colour }) ||
    'No alert has fired. What is watched: npm run local -- alerts --policies';
  process.stdout.write(`${values.json ? JSON.stringify(found) : text}\n`);
  return 0;
}
