import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

/** Cloud Run's request timeout where none is given (Cloud Run, "Set request timeout"). */
const DEFAULT_TIMEOUT = '300s';

export const timeoutAboveDeadlines = {
  id: 'timeout-above-deadlines',
  title: 'a service has more time for a request than it gives the services it calls',
  why: 'otherwise Cloud Run answers 504 first, while the work goes on, and no trace says which call was slow',
  sources: ['Cloud Run, "Set request timeout"', 'Site Reliability Engineering, chapter 22'],
  level: 'error',
  pass: withTimeout('30s'),
  fail: withTimeout('10s'),
  *check(stack) {
    for (const { resource, template, variables } of cloudRunServices(stack)) {
      const timeoutSec = seconds(stack.text(template?.['timeout'] ?? DEFAULT_TIMEOUT));
      for (const { name, value } of variables) {
        const deadlineMs = Number(stack.text(value));
        if (!name.endsWith('_DEADLINE_MS') || timeoutSec === undefined || !(deadlineMs >= timeoutSec * 1000))
          continue;
        yield {
          resource,
          found: `${name} is ${deadlineMs} ms, and the request timeout is over after ${timeoutSec} s`,
          write: 'give the call less time, or the service more',
        };
      }
    }
  },
} as const satisfies PolicyRule;

function seconds(duration: string | undefined): number | undefined {
  const [, number] = /^([\d.]+)s$/.exec(duration ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}

function withTimeout(timeout: string) {
  const env = [{ name: 'STORAGE_DEADLINE_MS', value: '10000' }];
  return {
    resource: { google_cloud_run_v2_service: { api: { template: { timeout, containers: [{ env }] } } } },
  };
}
