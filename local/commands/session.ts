import type { LocalCloud } from '../local-cloud';
import { columnsOf, type Progress, type Step } from '../progress';
import { renderWaterfall } from '../trace/waterfall';
import { deployStack, type StackOutputs } from './deploy-stack';
import { linkTraces } from './trace-links';

/** How long the spans of one request may take to arrive: the batch processor's 5 s delay, three times over. */
export const TRACE_TIMEOUT_MS = 15_000;

/** A local cloud at work in front of somebody. */
export interface Session {
  readonly cloud: LocalCloud;
  readonly progress: Progress;
  readonly projectDirectory: string;
  /** Aborts when it is to end. */
  readonly signal: AbortSignal;
}

/** What `up` has come to before it waits for its end. */
export interface Outcome {
  /** Whether everything went as it should; decides the exit code of `--once`. */
  readonly succeeded: boolean;
  /** The trace to look at. */
  readonly traceId?: string;
}

/** Deploys a stack, a step on the screen, and returns its outputs. `app` as for `deployStack()`. */
export async function deploy(
  { cloud, progress, projectDirectory, signal }: Session,
  { stack, app }: { readonly stack: string; readonly app?: string },
): Promise<StackOutputs> {
  const step = progress.step('deploy');
  const outputs = await deployStack({
    stack,
    app,
    projectDirectory,
    dataDirectory: cloud.dataDirectory,
    environment: cloud.terraformEnvironment(process.env),
    step,
    signal,
  }).catch(failing(step));
  step.done(stack);
  return outputs;
}

/** Waits for a trace and draws it. Returns whether it is complete. */
export async function showTrace({ cloud, progress, signal }: Session, traceId: string): Promise<boolean> {
  const step = progress.step('trace');
  const { assessment, spans, logs } = await cloud.waitForTrace(traceId, {
    timeoutMs: TRACE_TIMEOUT_MS,
    signal,
  });
  if (assessment.complete) step.done(`complete, ${spans.length} spans`);
  else step.failed(`incomplete after ${TRACE_TIMEOUT_MS / 1000} s: ${assessment.problems.join('; ')}`);
  const colour = process.stdout.isTTY;
  const picture = renderWaterfall(spans, logs, { width: columnsOf(process.stdout), colour });
  process.stdout.write(`\n${linkTraces(picture, [traceId], { cloudUrl: cloud.url, colour })}\n\n`);
  return assessment.complete;
}

export function showOutputs(outputs: StackOutputs): void {
  for (const [name, value] of Object.entries(outputs))
    process.stdout.write(`${name.padEnd(22)} ${String(value)}\n`);
}

/** Makes way on the screen for the error and passes it on. */
export function failing(step: Step): (error: unknown) => never {
  return (error) => {
    step.abandon();
    throw error;
  };
}
