import { type Attributes, block, isUnreadable } from '../attributes';
import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const statedLimits = {
  id: 'stated-limits',
  title: 'every service states CPU, memory, when it has its CPU, and its most instances',
  why: 'a limit alone shows up as a change in every plan, without cpuIdle Terraform turns the dearer billing on, and a rush or a mistake may start 100 instances',
  sources: ['Terraform google provider, "google_cloud_run_v2_service"', 'Cloud Run, "Set maximum instances"'],
  level: 'error',
  pass: {
    resource: {
      google_cloud_run_v2_service: {
        api: {
          template: {
            scaling: { max_instance_count: 10 },
            containers: [{ resources: { cpu_idle: true, limits: { cpu: '1', memory: '512Mi' } } }],
          },
        },
      },
    },
  },
  fail: {
    resource: {
      google_cloud_run_v2_service: { api: { template: { containers: [{ resources: { cpu_idle: true } }] } } },
    },
  },
  *check(stack) {
    for (const { resource, template, containers } of cloudRunServices(stack)) {
      const [first, ...others] = containers;
      const missing = [
        ...(first ? missingIn(first, 'cpu_idle') : []),
        ...others.flatMap((container) =>
          missingIn(container).map(
            (name) => `${name} of the container '${stack.text(container['name']) ?? '?'}'`,
          ),
        ),
        ...(block(template, 'scaling')?.['max_instance_count'] === undefined ? ['max_instance_count'] : []),
      ];
      if (missing.length === 0) continue;
      yield {
        resource,
        found: `left out: ${missing.join(', ')}`,
        write:
          "write scaling: { maxInstanceCount: 10 } and resources: { cpuIdle: false, limits: { cpu: '1', memory: '512Mi' } }",
      };
    }
  },
} as const satisfies PolicyRule;

/** What is left out of a container's resources, `besides` included, as far as they can be read. */
function missingIn(container: Attributes, ...besides: readonly string[]): string[] {
  if (isUnreadable(container, 'resources')) return [];
  const resources = block(container, 'resources');
  const limits = block(resources, 'limits');
  const areLimitsRead = !isUnreadable(resources, 'limits');
  return [
    ...['cpu', 'memory'].filter((name) => areLimitsRead && limits?.[name] === undefined),
    ...besides.filter((name) => resources?.[name] === undefined),
  ];
}
