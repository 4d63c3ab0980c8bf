import {
  BUCKET,
  DEADLINE_MS,
  ERROR_TYPE,
  FRONT_END_SERVICE,
  HTTP_STATUS,
  SERVER_ADDRESS,
} from './attribute-names';
import { type Cause, causeOf, errorOf, ranOut, shareOf } from './causes';
import { betweenOf } from './critical-path';
import { type Findings, findingsOf, percent, type TraceInQuestion, type Work } from './findings';
import { formatDuration } from './milliseconds';
import { firstAttribute, type Span } from './span';
import { calledService } from './stack';
import type { TraceNode } from './trace-tree';
import { titleOf } from './waterfall-header';

/** What a trace comes to, for a person who has to do something about it. */
export interface Explanation {
  /** Where the time went, what failed and who ran out of which deadline, what to change. */
  readonly paragraph: string;
  /** Address of the resource to change. */
  readonly resource?: string;
  readonly cause?: Cause['cause'];
  /** Ids of traces that hold, or may hold, the rest of the request. */
  readonly otherTraces?: readonly string[];
}

/** What takes less than this part of the request, in percent, is not most of it. */
const MOST_PERCENT = 50;
/** How many pieces of work are named where no one is most of it. */
const NAMED_WORK = 3;

export function explain(question: TraceInQuestion): Explanation {
  const findings = findingsOf(question);
  if (!findings) {
    return {
      paragraph:
        'No span of this trace has arrived, only log lines: the services did not sample it, could not send it, or have ' +
        'not sent it yet.',
    };
  }
  const cause = causeOf(findings);
  // Where the time of a request went that failed at once is of no interest.
  const isAboutTime = !findings.failed || findings.nodes.some(({ span }) => ranOut(span));
  const sentences = [
    outcome(findings),
    isAboutTime || cause ? timeSpent(findings) : '',
    cause?.text ?? (isAboutTime ? withoutCause(findings) : ''),
  ];
  return {
    paragraph: sentences.filter((sentence) => sentence !== '').join(' '),
    ...(cause && { cause: cause.cause }),
    ...(cause?.resource && { resource: cause.resource.address }),
    ...(cause?.otherTraces && { otherTraces: cause.otherTraces }),
  };
}

/** What was asked, what came of it, and who gave up or failed. */
function outcome(findings: Findings): string {
  const { root, totalNano } = findings;
  const status = firstAttribute(root.span, HTTP_STATUS);
  const answered =
    status === undefined
      ? `${titleOf(root.span)} took ${formatDuration(totalNano)}`
      : `${titleOf(root.span)} answered ${String(status)} after ${formatDuration(totalNano)}`;
  return `${answered}${whyFailed(findings)}.`;
}

function whyFailed(findings: Findings): string {
  const { nodes, logs, failed, root } = findings;
  const gaveUp = nodes.find(({ span }) => span.kind === 'client' && ranOut(span));
  if (gaveUp) {
    const { service } = gaveUp.span;
    return `: ${service} gave up after ${deadlineOf(gaveUp.span)} for ${calleeOf(gaveUp, findings)}`;
  }
  const late = nodes.find(({ span }) => ranOut(span));
  if (late) return `: ${late.span.service} '${late.span.name}' went past ${deadlineOf(late.span)}`;
  if (!failed) {
    const failures = nodes.filter(({ span }) => span.status === 'error').length;
    return failures === 0
      ? '; nothing failed'
      : `; it succeeded in spite of ${count(failures, 'failed span')}`;
  }
  if (root.span.attributes[ERROR_TYPE] === 'aborted')
    return ': its caller hung up before the answer was complete';
  // The last one in the tree's order is the deepest of the last branch that failed: nearest to where it began.
  const first = nodes.findLast(({ span }) => span.status === 'error' && isReason(span));
  if (first) {
    const { span } = first;
    const exception = span.events.find(({ name }) => name === 'exception')?.attributes['exception.message'];
    return `: ${span.service} '${span.name}' failed with ${String(span.statusMessage ?? exception ?? errorOf(span))}`;
  }
  const refusal = logs.find(
    ({ log, message, severity }) => log === 'requests' && message && severity !== 'INFO',
  );
  if (refusal) return `: Cloud Run says of ${refusal.service}: ${refusal.message}`;
  return `: ${root.span.service} refused it, and its log lines say why`;
}

/** What was given up because the request had ended already says nothing of why. */
function isReason({ attributes }: Span): boolean {
  return attributes[ERROR_TYPE] !== 'aborted';
}

/** The error says the whole deadline; the attribute what was left of it when the span began. */
function deadlineOf(span: Span): string {
  const whole = /\bwithin ([\d,]+) ms/.exec(span.statusMessage ?? '')?.[1]?.replaceAll(',', '');
  const ms = whole === undefined ? span.attributes[DEADLINE_MS] : Number(whole);
  return typeof ms === 'number' ? `its deadline of ${ms.toLocaleString('en')} ms` : 'its deadline';
}

/** Whom a client span called. */
function calleeOf({ span, children }: TraceNode, { stack }: Findings): string {
  const server = children.map((child) => servedBy(child)).find((service) => service !== span.service);
  const { [BUCKET]: bucket, [SERVER_ADDRESS]: host } = span.attributes;
  const callee = server ?? calledService(stack, span)?.spanService;
  return callee ?? (bucket === undefined ? String(host ?? span.name) : `bucket ${String(bucket)}`);
}

/** The service of a server span; of one of Cloud Run's front end, the service behind it. */
function servedBy({ span, children }: TraceNode): string {
  const behind = span.attributes[FRONT_END_SERVICE];
  return behind === undefined ? span.service : (children[0]?.span.service ?? String(behind));
}

/** What the most time went to, where one piece of work has most of it. */
function timeSpent(findings: Findings): string {
  const [most] = findings.work;
  if (!most || percent(findings, most.nanos) < MOST_PERCENT) return '';
  return `${shareOf(findings, most.nanos)} of it ${describe(most, findings)}.`;
}

function describe({ node, dark }: Work, findings: Findings): string {
  const { span } = node;
  if (dark) return `is dark: no span says what happened between ${betweenOf(dark)}`;
  const bucket = span.attributes[BUCKET];
  if (bucket !== undefined) return `was ${span.service} '${span.name}' to bucket ${String(bucket)}`;
  if (span.kind === 'client') {
    const callee = calleeOf(node, findings);
    return `was ${span.service} '${span.name}'${callee === span.name ? '' : ` waiting for ${callee}`}`;
  }
  return `was ${span.service} '${span.name}' itself`;
}

/** What can honestly be said where none of the known causes fits. */
function withoutCause(findings: Findings): string {
  const { work } = findings;
  const [most] = work;
  if (!most) return '';
  if (percent(findings, most.nanos) >= MOST_PERCENT) {
    return most.dark
      ? `Put a span around the work that is done there, in the code of ${most.node.span.service}.`
      : 'The trace has none of the causes that the local cloud knows; start there.';
  }
  const named = work
    .slice(0, NAMED_WORK)
    .map((one) => `${shareOf(findings, one.nanos)} ${describe(one, findings)}`);
  return `There is no single cause: ${named.join('; ')}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
