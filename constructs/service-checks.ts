import { Token } from 'cdktf';
import type { Node } from 'constructs';
import { MAX_DEADLINE_MS } from '../services/telemetry/settings';
import type { Access } from './access';
import { SERVICE_NAME } from './names';
import { checkNumber, ValidationError } from './validation';

/** Names of services and buckets become parts of variable, account and bucket names. */
const ID = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
const ID_RULE = "lower-case letters, digits and '-', first a letter and last no '-'";
/** Cloud Run's sizes of an instance with whole CPUs (Cloud Run, "Configure CPU limits"). */
const CPUS: readonly number[] = [1, 2, 4, 6, 8];
/** With CPU that is always allocated (Cloud Run, "Configure memory limits"). */
const LEAST_MEMORY_MIB = 512;
/** Cloud Run's longest request timeout (Cloud Run, "Set request timeout"). */
const MAX_TIMEOUT_SEC = 3600;
/** A description holds 512 characters; the reason is most of it. */
const MAX_REASON_LENGTH = 480;

interface ServiceSettings {
  readonly name: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly cpuIdle: boolean;
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly timeoutSec: number;
  readonly samplingRatio: number;
  readonly keepSlowerThanMs: number | undefined;
}

/** Refuses options that Cloud Run, or the tracing of the service, would not take. Tokens pass. */
export function checkService(node: Node, settings: ServiceSettings, access: Access): void {
  const { path } = node;
  if (!ID.test(node.id)) {
    throw new ValidationError(
      'TCR001',
      path,
      `the construct id names the service in every trace and must be ${ID_RULE}, got '${node.id}'`,
    );
  }
  const { name } = settings;
  if (!Token.isUnresolved(name) && !SERVICE_NAME.test(name)) {
    throw new ValidationError('TCR002', path, `'name' must be at most 49 ${ID_RULE}, got '${name}'`);
  }
  checkSampling(path, settings.samplingRatio);
  if (settings.keepSlowerThanMs !== undefined) {
    checkNumber(path, 'keepSlowerThanMs', settings.keepSlowerThanMs, {
      min: 1,
      max: MAX_DEADLINE_MS,
      literal: true,
    });
  }
  checkCpu(path, settings.cpu);
  checkNumber(path, 'memoryMiB', settings.memoryMiB, {
    min: settings.cpuIdle ? 128 : LEAST_MEMORY_MIB,
    max: 32_768,
  });
  checkNumber(path, 'concurrency', settings.concurrency, { min: 1, max: 1000 });
  checkNumber(path, 'timeoutSec', settings.timeoutSec, { min: 1, max: MAX_TIMEOUT_SEC });
  checkInstances(path, settings.minInstances, settings.maxInstances);
  checkReason(path, access.publicReason);
}

/** Refuses a call that could not work, or not within its deadline. */
export function checkCall(
  path: string,
  callee: { readonly node: Node; readonly access: Access },
  deadlineMs: number,
  timeoutSec: number,
): void {
  checkNumber(path, 'deadlineMs', deadlineMs, { min: 1, max: MAX_DEADLINE_MS, literal: true });
  if (!Token.isUnresolved(timeoutSec) && deadlineMs >= timeoutSec * 1000) {
    throw new ValidationError(
      'TCR012',
      path,
      `the deadline for '${callee.node.id}' must be below this service's own timeoutSec of ${timeoutSec} ` +
        `(${timeoutSec * 1000} ms), got ${deadlineMs} ms; Cloud Run would answer 504 before the deadline passes`,
    );
  }
  if (!callee.access.reachableByUrl) {
    throw new ValidationError(
      'TCR013',
      path,
      `'${callee.node.id}' is not reachable by its URL, and calling it takes egress through a VPC network, ` +
        'which is not offered yet; give it Access.authenticated(), which lets in granted callers only',
    );
  }
}

/** Refuses a bucket that cannot be called `name`. */
export function checkBucket(node: Node, id: string, name: string): void {
  if (!ID.test(name)) {
    throw new ValidationError('TCR015', node.path, `a bucket name must be ${ID_RULE}, got '${name}'`);
  }
  if (node.tryFindChild(id)) {
    throw new ValidationError(
      'TCR015',
      node.path,
      `there is a bucket '${name}' already; use the one it returned`,
    );
  }
}

/** Refuses a second latency alert. */
export function checkLatencyAlert(node: Node, id: string): void {
  if (!node.tryFindChild(id)) return;
  throw new ValidationError(
    'TCR016',
    node.path,
    'there is a latency alert already; keep one addLatencyAlert() with the lower p95Ms',
  );
}

/** Refuses members that stand for everybody. */
export function checkInvoker(path: string, member: string): void {
  if (member !== 'allUsers' && member !== 'allAuthenticatedUsers') return;
  throw new ValidationError(
    'TCR017',
    path,
    `'${member}' would open the service to everybody; write access: Access.public({ reason: '...' }) instead`,
  );
}

function checkSampling(path: string, ratio: number): void {
  if (!Token.isUnresolved(ratio) && ratio >= 0 && ratio <= 1) return;
  const got = Token.isUnresolved(ratio) ? 'a token; it must be known at synth' : String(ratio);
  const hint = ratio > 1 && ratio <= 100 ? `; for ${ratio} % write Sampling.ratio(${ratio / 100})` : '';
  throw new ValidationError('TCR003', path, `'samplingRatio' must be within 0..1, got ${got}${hint}`);
}

function checkCpu(path: string, cpu: number): void {
  if (Token.isUnresolved(cpu) || CPUS.includes(cpu)) return;
  throw new ValidationError('TCR004', path, `'cpu' must be one of ${CPUS.join(', ')}, got ${cpu}`);
}

function checkInstances(path: string, min: number, max: number): void {
  checkNumber(path, 'minInstances', min, { min: 0, max: 1000 });
  checkNumber(path, 'maxInstances', max, { min: 1, max: 1000 });
  if (Token.isUnresolved(min) || Token.isUnresolved(max) || min <= max) return;
  throw new ValidationError(
    'TCR005',
    path,
    `'minInstances' must not be above 'maxInstances', got ${min} and ${max}`,
  );
}

function checkReason(path: string, reason: string | undefined): void {
  if (reason === undefined || Token.isUnresolved(reason)) return;
  if (reason.trim() !== '' && reason.length <= MAX_REASON_LENGTH) return;
  throw new ValidationError(
    'TCR014',
    path,
    `public access needs a reason of 1 to ${MAX_REASON_LENGTH} characters, got ${reason.length}; ` +
      "write Access.public({ reason: 'why anybody may call it' })",
  );
}
