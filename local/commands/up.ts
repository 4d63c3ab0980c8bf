import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readFaultFile } from '../faults/fault-file';
import { LocalCloud } from '../local-cloud';
import { oneLine } from '../logging/terminal-text';
import { renderFired } from '../monitoring/alert-text';
import { columnsOf, Progress, type Step } from '../progress';
import { terraformVersion } from '../terraform-binary';
import { renderWaterfall } from '../trace/waterfall';
import { UserError } from '../user-error';
import { deployStack } from './deploy-stack';
import { sendDocument } from './send-document';
import { linkTraces, traceUrl } from './trace-links';

/** How long the spans of one request may take to arrive: the batch processor's 5 s delay, three times over. */
const TRACE_TIMEOUT_MS = 15_000;

/**
 * Starts the local cloud, deploys the stack, sends a document and shows its trace; then stays until Ctrl-C, SIGTERM or
 * `down`. With `--once` it ends after the trace. Returns the exit code: 0 only if the document was taken and its trace
 * was complete.
 */
export async function up(args: string[], projectDirectory: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: 'string' },
      send: { type: 'string' },
      to: { type: 'string' },
      faults: { type: 'string' },
      port: { type: 'string', default: '4400' },
      once: { type: 'boolean', default: false },
    },
  });
  const { stack, send, to } = values;
  const port = portOf(values.port);
  if (!stack) throw new UserError('up needs --stack, the id of the cdktf stack to deploy');
  if ((send === undefined) !== (to === undefined))
    throw new UserError('--send FILE and --to OUTPUT/PATH go together');

  const faults =
    values.faults === undefined ? undefined : readFaultFile(resolve(projectDirectory, values.faults));

  const progress = new Progress(process.stdout);
  const stopping = stopSignal();
  const terraform = await terraformVersion(process.env);

  const starting = progress.step('cloud');
  const cloud = await LocalCloud.start({
    projectDirectory,
    port,
    faults,
    onAlert: (alert) => progress.tell('alert', renderFired(alert)),
  }).catch(failing(starting));
  try {
    starting.done(`${cloud.url} on Node ${process.versions.node} and Terraform ${terraform}`);
    const signal = AbortSignal.any([stopping, cloud.shutdownRequested]);
    const session = { cloud, progress, stack, projectDirectory, signal, send, to };
    const { succeeded, traceId } = await deployAndSend(session);
    if (values.once) return succeeded ? 0 : 1;
    process.stdout.write(
      `\nOn a page: ${traceId === undefined ? cloud.url : traceUrl(cloud.url, traceId)}\n` +
        'Stays up until Ctrl-C. In another terminal: npm run local -- traces | explain | logs | alerts | status | down\n',
    );
    await aborted(signal);
    return 0;
  } catch (error) {
    // Whoever asked for the stop knows; what the stop interrupted is no failure of its own.
    if (stopping.aborted || cloud.shutdownRequested.aborted) return values.once ? 1 : 0;
    throw error;
  } finally {
    await cloud.dispose();
  }
}

interface Session {
  readonly cloud: LocalCloud;
  readonly progress: Progress;
  readonly stack: string;
  readonly projectDirectory: string;
  readonly signal: AbortSignal;
  readonly send: string | undefined;
  readonly to: string | undefined;
}

interface Outcome {
  /** Whether the document was taken and its trace is complete; true when none was to be sent. */
  readonly succeeded: boolean;
  /** Of the document. */
  readonly traceId: string | undefined;
}

async function deployAndSend(session: Session): Promise<Outcome> {
  const { cloud, progress, signal } = session;
  const deploying = progress.step('deploy');
  const outputs = await deployStack({
    stack: session.stack,
    projectDirectory: session.projectDirectory,
    dataDirectory: cloud.dataDirectory,
    environment: cloud.terraformEnvironment(process.env),
    step: deploying,
    signal,
  }).catch(failing(deploying));
  deploying.done(session.stack);

  let succeeded = true;
  let traceId: string | undefined = undefined;
  if (session.send !== undefined && session.to !== undefined) {
    const sending = progress.step('request');
    const file = resolve(session.projectDirectory, session.send);
    const answer = await sendDocument({ file, to: session.to }, outputs, signal).catch(failing(sending));
    const taken = answer.status < 400;
    const outcome = `POST ${answer.url} with ${session.send}: ${answer.status} in ${Math.round(answer.durationMs)} ms`;
    if (taken) sending.done(outcome);
    else sending.failed(`${outcome}, ${oneLine(answer.body)}`);

    const waiting = progress.step('trace');
    const found = await cloud.waitForTrace(answer.traceId, { timeoutMs: TRACE_TIMEOUT_MS, signal });
    const { complete } = found.assessment;
    succeeded = taken && complete;
    if (complete) waiting.done(`complete, ${found.spans.length} spans`);
    else
      waiting.failed(
        `incomplete after ${TRACE_TIMEOUT_MS / 1000} s: ${found.assessment.problems.join('; ')}`,
      );
    const colour = process.stdout.isTTY;
    const picture = renderWaterfall(found.spans, found.logs, { width: columnsOf(process.stdout), colour });
    const linked = linkTraces(picture, [answer.traceId], { cloudUrl: cloud.url, colour });
    process.stdout.write(`\n${linked}\n\n`);
    traceId = answer.traceId;
  }
  for (const [name, value] of Object.entries(outputs))
    process.stdout.write(`${name.padEnd(22)} ${String(value)}\n`);
  return { succeeded, traceId };
}

/** Makes way on the screen for the error and passes it on. */
function failing(step: Step): (error: unknown) => never {
  return (error) => {
    step.abandon();
    throw error;
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new UserError(`--port ${text} is no port; 0 takes any free one`);
  return port;
}

/** Ctrl-C reaches this process from the terminal and once more from npm, which passes it on. */
const SAME_SIGNAL_MS = 1_000;

/** Aborts on the first Ctrl-C or SIGTERM; a later one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let abortedAt = Number.POSITIVE_INFINITY;
  const stop = (): void => {
    if (performance.now() - abortedAt > SAME_SIGNAL_MS) process.exit(1);
    if (!controller.signal.aborted) abortedAt = performance.now();
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
