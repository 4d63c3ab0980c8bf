/** Which CPU and memory go together: cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits. */

import type { Attributes, Diagnostic } from '../resource-type';
import { firstUnknown } from '../block-values';
import { blocks, refusal } from './attributes';
import { cpuOf, limitsOf } from './cloud-run-template';

const MIN_CPU = 0.08;
const WHOLE_CPUS: readonly number[] = [1, 2, 4, 6, 8];

/** More than so many MiB need at least so many CPUs; the largest first. */
const CPU_BY_MEMORY: readonly (readonly [moreThanMiB: number, cpu: number])[] = [
  [24 * 1024, 8],
  [16 * 1024, 6],
  [8 * 1024, 4],
  [4 * 1024, 2],
  [1024, 1],
  [512, 0.5],
];

/** At least so many CPUs need so many MiB; the largest first. */
const MEMORY_BY_CPU: readonly (readonly [cpu: number, memoryMiB: number])[] = [
  [6, 4 * 1024],
  [4, 2 * 1024],
];

const MIN_MEMORY_MIB = 128;
const MAX_MEMORY_MIB = 32 * 1024;

/** Bytes of a Kubernetes quantity's unit. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  Ki: 2 ** 10,
  M: 1e6,
  Mi: 2 ** 20,
  G: 1e9,
  Gi: 2 ** 30,
};

/** Refusals of a container's `resources.limits`, and of what its template says that does not go with them. */
export function limitsDiagnostics(
  container: Attributes,
  template: Attributes,
  containerPath: readonly (string | number)[],
): Diagnostic[] {
  const [resources] = blocks(container, 'resources');
  if (firstUnknown(resources?.['limits'] ?? null)) return [];
  const written = limitsOf(container);
  const path = [...containerPath, 'resources', 0, 'limits'];
  const refuse = (summary: string, detail: string): Diagnostic[] => [refusal(path, summary, detail)];

  const cpu = cpuOf(written.cpu);
  if (!(cpu < 1 ? cpu >= MIN_CPU : WHOLE_CPUS.includes(cpu))) {
    return refuse(
      `"${written.cpu}" cannot be a CPU limit`,
      'Write "1", "2", "4", "6", "8", or from "0.08" to less than "1"; thousandths such as "1000m" are fine too.',
    );
  }
  const memoryMiB = mebibytesOf(written.memory);
  if (!(memoryMiB >= MIN_MEMORY_MIB && memoryMiB <= MAX_MEMORY_MIB)) {
    return refuse(`"${written.memory}" cannot be a memory limit`, 'Write from "128Mi" to "32Gi".');
  }
  const neededCpu = CPU_BY_MEMORY.find(([moreThanMiB]) => memoryMiB > moreThanMiB)?.[1] ?? 0;
  if (cpu < neededCpu) {
    return refuse(
      `${written.memory} of memory needs at least ${neededCpu} CPU, this container has ${written.cpu}`,
      'Raise "cpu" or lower "memory".',
    );
  }
  const neededMiB = MEMORY_BY_CPU.find(([atLeast]) => cpu >= atLeast)?.[1] ?? 0;
  if (memoryMiB < neededMiB) {
    return refuse(
      `${written.cpu} CPU need at least ${neededMiB / 1024}Gi of memory, this container has ${written.memory}`,
      'Raise "memory" or lower "cpu".',
    );
  }
  if (cpu >= 1) return [];
  if (resources?.['cpu_idle'] !== true && typeof resources?.['cpu_idle'] !== 'symbol') {
    return refuse(
      `Less than one CPU (${written.cpu}) cannot be always allocated`,
      'Set "cpu_idle = true", or give the container a whole CPU.',
    );
  }
  const concurrency = template['max_instance_request_concurrency'];
  if (typeof concurrency !== 'number' || concurrency <= 1) return [];
  return refuse(
    `Less than one CPU (${written.cpu}) cannot serve ${concurrency} requests at a time`,
    'Set "max_instance_request_concurrency = 1", or give the container a whole CPU.',
  );
}

/** NaN when it is not a quantity. */
function mebibytesOf(memory: string): number {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(memory);
  return (Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN)) / 2 ** 20;
}
