import {
  BUCKET,
  BUCKET_LOCATION,
  CLOUD_REGION,
  CROSS_REGION,
  DEADLINE_EXCEEDED,
  ERROR_TYPE,
  GEN_AI_MODEL,
  GEN_AI_OPERATION,
  GEN_AI_OUTPUT_TOKENS,
  HTTP_RESEND_COUNT,
  HTTP_STATUS,
  INJECTED_FAULT,
} from './attribute-names';
import { type Findings, isLong, percent } from './findings';
import { formatDuration } from './milliseconds';
import { firstAttribute, type Span } from './span';
import { calledService, serviceOfSpans, type StackResource, whereToChange } from './stack';
import { beginningElsewhere, traceNotPassedOn } from './trace-not-passed-on';
import type { TraceNode } from './trace-tree';

/** Why a request was slow or failed, and what to do about it. */
export interface Cause {
  readonly cause:
    | 'injected-fault'
    | 'missing-grant'
    | 'bucket-in-another-region'
    | 'slow-model-call'
    | 'cold-start'
    | 'trace-not-passed-on'
    | 'retries';
  /** Sentences for the person who has to change something. */
  readonly text: string;
  /** What to change. */
  readonly resource?: StackResource;
  /** Ids of traces that hold, or may hold, the rest of the request. */
  readonly otherTraces?: readonly string[];
}

/** The first that applies: what somebody did on purpose, then what is certain, then what is likely. */
export function causeOf(findings: Findings): Cause | undefined {
  const rules = [
    injectedFault,
    missingGrant,
    bucketInAnotherRegion,
    slowModelCall,
    coldStart,
    traceNotPassedOn,
    retries,
    beginningElsewhere,
  ];
  for (const rule of rules) {
    const cause = rule(findings);
    if (cause) return cause;
  }
  return undefined;
}

function injectedFault(findings: Findings): Cause | undefined {
  for (const { span } of findings.nodes) {
    const marks = [span.attributes, ...span.events.map(({ attributes }) => attributes)];
    const fault = marks.map((attributes) => attributes[INJECTED_FAULT]).find((value) => value !== undefined);
    const nanos = span.endUnixNano - span.startUnixNano;
    if (fault === undefined || (!findings.failed && !isLong(findings, nanos))) continue;
    return {
      cause: 'injected-fault',
      text:
        `That was done on purpose: the local cloud injected '${String(fault)}' into ${span.service} '${span.name}'. ` +
        'Take the rule for it away to see the system without it.',
    };
  }
  return undefined;
}

/** Only where the request failed: a caller may expect a refusal. */
function missingGrant(findings: Findings): Cause | undefined {
  const { failed, nodes, stack } = findings;
  const refused = failed
    ? nodes.findLast(({ span }) => span.kind === 'client' && [401, 403].includes(statusOf(span) ?? 0))
    : undefined;
  if (!refused) return undefined;
  const { span } = refused;
  const caller = serviceOfSpans(stack, span.service);
  const account = caller ? `serviceAccount:${caller.account}` : `the service account of ${span.service}`;
  const bucketName = bucketOf(refused, findings);
  const bucket = stack.buckets.find(({ name }) => name === bucketName);
  const callee = calledService(stack, span);
  const target = bucket ?? callee;
  const role = bucketName === undefined ? 'roles/run.invoker' : 'roles/storage.objectUser';
  const grant =
    bucketName === undefined ? 'google_cloud_run_v2_service_iam_member' : 'google_storage_bucket_iam_member';
  const reason = findings.logs.find(
    ({ log, service, message }) => log === 'requests' && service === callee?.name && message !== '',
  );
  return {
    cause: 'missing-grant',
    text:
      `${bucketName === undefined ? (callee?.spanService ?? 'The callee') : `Bucket ${bucketName}`} refused ` +
      `${span.service}'s call with ${statusOf(span)}${reason ? `: ${reason.message}` : ''}. ` +
      `Add a ${grant} with ${role} for ${account}${target ? ` on ${whereToChange(target)}` : ''}.`,
    ...(target && { resource: target }),
  };
}

function bucketInAnotherRegion(findings: Findings): Cause | undefined {
  const { stack, work } = findings;
  const times = new Map<string, bigint>();
  for (const { node, nanos } of work) {
    const name = bucketOf(node, findings);
    if (name !== undefined) times.set(name, (times.get(name) ?? 0n) + nanos);
  }
  for (const { node } of work) {
    const name = bucketOf(node, findings);
    if (name === undefined || !isLong(findings, times.get(name) ?? 0n)) continue;
    const { attributes, service } = node.span;
    const bucket = stack.buckets.find((one) => one.name === name);
    const location = (bucket?.location ?? String(attributes[BUCKET_LOCATION] ?? '')).toLowerCase();
    const region = serviceOfSpans(stack, service)?.location ?? String(attributes[CLOUD_REGION] ?? '');
    // A region's name ends in a digit; whether a multi-region holds another one is for the caller's attribute to say.
    const bothRegions = /^[a-z]+-[a-z]+\d+$/.test(location) && region !== '';
    const apart = bothRegions ? location !== region : attributes[CROSS_REGION] === true;
    if (!apart) continue;
    return {
      cause: 'bucket-in-another-region',
      text:
        `Bucket ${name} is in ${location} while ${service} runs in ${region}, so every call goes from one region to the ` +
        `other and back. Make the bucket co-located: set location of ${bucket ? whereToChange(bucket) : name} to ` +
        `${region}, which makes a new bucket.`,
      ...(bucket && { resource: bucket }),
    };
  }
  return undefined;
}

function slowModelCall(findings: Findings): Cause | undefined {
  const { stack, work } = findings;
  const call = work.find(({ node }) => node.span.attributes[GEN_AI_OPERATION] !== undefined);
  if (!call || !isLong(findings, call.nanos)) return undefined;
  const { span } = call.node;
  const tokens = span.attributes[GEN_AI_OUTPUT_TOKENS];
  const service = serviceOfSpans(stack, span.service);
  const model = `The model ${String(firstAttribute(span, GEN_AI_MODEL) ?? 'it calls')}`;
  const text = ranOut(span)
    ? `${model} had not answered when its time was over, so that the request waited for nothing. Have ${span.service} ` +
      'ask a faster model or for a smaller answer, or give it up sooner'
    : `${model} took that long${tokens === undefined ? '' : ` for ${String(tokens)} tokens`}. Give the call of ` +
      `${span.service} a shorter deadline with a fallback, a smaller answer or a faster model, or give its callers ` +
      'longer deadlines';
  return {
    cause: 'slow-model-call',
    text: `${text}${service ? `: ${whereToChange(service)}` : ''}.`,
    ...(service && { resource: service }),
  };
}

/** A request that waited before its service began, while Cloud Run started a container of that service. */
function coldStart(findings: Findings): Cause | undefined {
  const { stack, work, systemLogs } = findings;
  for (const { nanos, dark } of work) {
    const service = dark?.before && serviceOfSpans(stack, dark.before.service);
    if (!dark || !service || dark.before?.kind !== 'server') continue;
    if (!isLong(findings, nanos)) continue;
    const started = systemLogs.some(({ service: of, message, timestamp }) => {
      const at = BigInt(Date.parse(timestamp)) * 1_000_000n;
      // The entry's time is in whole milliseconds.
      const within = at >= dark.startUnixNano - 1_000_000n && at <= dark.endUnixNano + 1_000_000n;
      return of === service.name && /^Startup probe .* succeeded/.test(message) && within;
    });
    if (!started) continue;
    return {
      cause: 'cold-start',
      text:
        `Cloud Run started a container of ${service.spanService} for the request. Keep one running: set ` +
        `scaling.min_instance_count of ${whereToChange(service)} to 1.`,
      resource: service,
    };
  }
  return undefined;
}

function retries(findings: Findings): Cause | undefined {
  const call = findings.work.find(({ node, nanos }) => isRepeated(node) && isLong(findings, nanos));
  if (!call) return undefined;
  const attempts = call.node.children;
  const failures = attempts.filter(({ span }) => span.status === 'error').map(({ span }) => errorOf(span));
  return {
    cause: 'retries',
    text:
      `It took ${attempts.length} attempts: ${failures.length} failed (${[...new Set(failures)].join(', ')}), each ` +
      'followed by a pause. Look at what answered them; the attempts themselves are in the trace.',
  };
}

function isRepeated({ children }: TraceNode): boolean {
  return children.length > 1 && children.some(({ span }) => span.attributes[HTTP_RESEND_COUNT] !== undefined);
}

/** Whether the work of a span was not done when its deadline passed. */
export function ranOut({ attributes }: Span): boolean {
  return attributes[DEADLINE_EXCEEDED] === true || attributes[ERROR_TYPE] === 'deadline_exceeded';
}

/** What an attempt failed with, in a few words. */
export function errorOf(span: Span): string {
  const type = span.attributes[ERROR_TYPE];
  return String(type ?? statusOf(span) ?? span.statusMessage ?? 'error');
}

/** The HTTP status of a call, also where only its error tells it. */
function statusOf(span: Span): number | undefined {
  const status = Number(firstAttribute(span, [...HTTP_STATUS, ERROR_TYPE]));
  return Number.isInteger(status) ? status : undefined;
}

/** The bucket of a call or of what it is an attempt of. */
function bucketOf(node: TraceNode, { parents }: Findings): string | undefined {
  for (let at: TraceNode | undefined = node; at; at = parents.get(at)) {
    const bucket = at.span.attributes[BUCKET];
    if (at.span.service !== node.span.service || at.span.kind !== 'client') return undefined;
    if (typeof bucket === 'string') return bucket;
  }
  return undefined;
}

/** Such as `97 % of it, 1,085 ms`. */
export function shareOf(findings: Findings, nanos: bigint): string {
  return `${formatDuration(nanos)} (${percent(findings, nanos)} %)`;
}
