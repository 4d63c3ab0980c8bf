import { Token } from 'cdktf';
import type { Node } from 'constructs';
import { MAX_DEADLINE_MS } from '../services/telemetry/settings';
import type { ITracedCloudRunService } from './imported-service';
import { checkInstanceSize } from './instance-size';
import { checkLabels } from './labels';
import { SERVICE_NAME } from './names';
import { REGION, REGION_RULE } from './region';
import { CROSS_REGION_COST } from './region-cost';
import type { Sampling } from './sampling';
import type { ServiceSettings } from './service-settings';
import { checkNumber, ValidationError } from './validation';
import type { VpcEgress } from './vpc-egress';

/** Names of services and buckets become parts of variable, account and bucket names. */
const ID = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
const ID_RULE = "lower-case letters, digits and '-', first a letter and last no '-'";
/** Of an instance with CPU that is always allocated, and with it of the second generation (Cloud Run, "Configure memory limits"). */
const LEAST_MEMORY_MIB = 512;
/** Cloud Run's longest request timeout (Cloud Run, "Set request timeout"). */
const MAX_TIMEOUT_SEC = 3600;
/** A description holds 512 characters; the reason is most of it. */
const MAX_REASON_LENGTH = 480;
const MAX_PORT = 65_535;

/** Refuses options that Cloud Run, or the tracing of the service, would not take. Tokens pass. */
export function checkService(node: Node, settings: ServiceSettings): void {
  const { path } = node;
  checkServiceId(node, 'the service in every trace');
  const { name } = settings;
  if (!Token.isUnresolved(name) && !SERVICE_NAME.test(name)) {
    throw new ValidationError('TCR002', path, `'name' must be at most 49 ${ID_RULE}, got '${name}'`);
  }
  checkRegion(path, settings.region);
  checkSampling(path, settings.sampling);
  checkNumber(path, 'concurrency', settings.concurrency, { min: 1, max: 1000 });
  checkInstanceSize(path, settings, settings.cpuIdle ? 128 : LEAST_MEMORY_MIB);
  checkNumber(path, 'timeoutSec', settings.timeoutSec, { min: 1, max: MAX_TIMEOUT_SEC });
  checkInstances(path, settings.minInstances, settings.maxInstances);
  checkNumber(path, 'port', settings.port, { min: 1, max: MAX_PORT });
  checkLabels(path, settings.labels);
  checkReason(path, settings.access.publicReason);
}

/** Refuses attributes that cannot be those of a Cloud Run service. Tokens pass. */
export function checkImportedService({ node, name, uri, region }: ITracedCloudRunService): void {
  const { path } = node;
  checkServiceId(node, 'the variables in which its callers find the service');
  if (!Token.isUnresolved(name) && !SERVICE_NAME.test(name)) {
    throw new ValidationError(
      'TCR032',
      path,
      `'name' must be Cloud Run's name of the service, at most 49 ${ID_RULE}, got '${name}'`,
    );
  }
  if (!Token.isUnresolved(uri) && !/^https:\/\/[^/?#]+$/.test(uri)) {
    throw new ValidationError(
      'TCR032',
      path,
      `'uri' must be an https URL without a path, which is also the audience of ID tokens, got '${uri}'`,
    );
  }
  checkRegion(path, region);
}

function checkServiceId({ id, path }: Node, what: string): void {
  if (ID.test(id)) return;
  throw new ValidationError(
    'TCR001',
    path,
    `the construct id names ${what} and must be ${ID_RULE}, got '${id}'`,
  );
}

/** Throws TCR033 for what is no region. A token passes. */
function checkRegion(path: string, region: string): void {
  if (Token.isUnresolved(region) || REGION.test(region)) return;
  throw new ValidationError('TCR033', path, `'region' must be ${REGION_RULE}, got '${region}'`);
}

/** What is compared of two services when one calls the other. */
interface Caller {
  readonly node: Node;
  readonly region: string;
  readonly timeoutSec: number;
  readonly sampling: Sampling;
  readonly vpcEgress: VpcEgress | undefined;
}
/** What is undefined is decided where the service is deployed. */
interface Callee extends ITracedCloudRunService {
  readonly sampling?: Sampling;
  readonly timeoutSec?: number;
}

/** Refuses a call that could not work, or not within its deadline. */
export function checkCall(
  { node: { path }, timeoutSec, vpcEgress }: Caller,
  callee: Callee,
  deadlineMs: number,
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
  if (!callee.access.reachableByUrl && !vpcEgress) {
    throw new ValidationError(
      'TCR013',
      path,
      `'${callee.node.id}' is reachable from the project's networks only, and this service sends nothing through one; ` +
        "write vpcEgress: VpcEgress.allTraffic({ subnetwork: '...' }) here, or give the callee " +
        'Access.authenticated(), which lets in granted callers only',
    );
  }
}

/** What makes a call slower, less reliable or less visible than it looks, one sentence each. */
export function warningsOfCall(caller: Caller, callee: Callee, deadlineMs: number): string[] {
  const names = `'${caller.node.id}' calls '${callee.node.id}'`;
  const warnings: string[] = [];
  const regions = [caller.region, callee.region];
  if (!regions.some((region) => Token.isUnresolved(region)) && caller.region !== callee.region) {
    warnings.push(
      `${names} from ${caller.region} in ${callee.region}: each call crosses from region to region and back, ` +
        `${CROSS_REGION_COST}; deploy both in one region`,
    );
  }
  if (!callee.access.reachableByUrl && caller.vpcEgress?.egress === 'PRIVATE_RANGES_ONLY') {
    warnings.push(
      `${names} through VpcEgress.privateRanges(), which does not carry requests to run.app unless a DNS zone of the ` +
        'network points run.app to private.googleapis.com; write VpcEgress.allTraffic() where there is none',
    );
  }
  const { timeoutSec } = callee;
  if (timeoutSec !== undefined && !Token.isUnresolved(timeoutSec) && deadlineMs > timeoutSec * 1000) {
    warnings.push(
      `${names} and waits ${deadlineMs} ms for an answer that Cloud Run makes a 504 after the callee's timeoutSec of ` +
        `${timeoutSec}; write a deadlineMs of at most ${timeoutSec * 1000}, or give the callee more time`,
    );
  }
  if (callee.sampling && describeSampling(callee.sampling) !== describeSampling(caller.sampling)) {
    warnings.push(
      `${names} and they sample differently (${describeSampling(caller.sampling)}; ` +
        `${describeSampling(callee.sampling)}): the ratio is decided where a trace enters, and what is kept besides ` +
        'by each service for itself, so traces would be kept in one and not in the other; give both the same Sampling',
    );
  }
  return warnings;
}

function describeSampling({ samplingRatio, keepErrors, keepSlowerThanMs }: Sampling): string {
  const besides = [
    ...(keepErrors ? ['failures'] : []),
    ...(keepSlowerThanMs === undefined ? [] : [`slower than ${keepSlowerThanMs} ms`]),
  ];
  return [`ratio ${samplingRatio}`, ...besides].join(' + ');
}

/** Refuses a name that a service cannot know a bucket by. */
export function checkBucketName(path: string, name: string): void {
  if (ID.test(name)) return;
  throw new ValidationError('TCR015', path, `a bucket name must be ${ID_RULE}, got '${name}'`);
}

/** Refuses a bucket that cannot be called `name`. */
export function checkBucket(node: Node, id: string, name: string): void {
  checkBucketName(node.path, name);
  if (node.tryFindChild(id)) {
    throw new ValidationError(
      'TCR015',
      node.path,
      `there is a bucket '${name}' already; use the one it returned`,
    );
  }
}

/** Refuses a second alert, objective or check of one kind on one service. `method` made the first. */
export function checkOnlyOne(node: Node, id: string, method: string): void {
  if (!node.tryFindChild(id)) return;
  throw new ValidationError(
    'TCR016',
    node.path,
    `${method} was called already; keep one call with everything it needs`,
  );
}

function checkSampling(path: string, { samplingRatio: ratio, keepSlowerThanMs }: Sampling): void {
  if (Token.isUnresolved(ratio) || !(ratio >= 0 && ratio <= 1)) {
    const got = Token.isUnresolved(ratio) ? 'a token; it must be known at synth' : String(ratio);
    const hint = ratio > 1 && ratio <= 100 ? `; for ${ratio} % write Sampling.ratio(${ratio / 100})` : '';
    throw new ValidationError('TCR003', path, `'samplingRatio' must be within 0..1, got ${got}${hint}`);
  }
  if (keepSlowerThanMs === undefined) return;
  checkNumber(path, 'keepSlowerThanMs', keepSlowerThanMs, { min: 1, max: MAX_DEADLINE_MS, literal: true });
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
