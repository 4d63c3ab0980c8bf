import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readFaultFile } from '../faults/fault-file';
import { LocalCloud } from '../local-cloud';
import { oneLine } from '../logging/terminal-text';
import { renderFired } from '../monitoring/alert-text';
import { Progress } from '../progress';
import { terraformVersion } from '../terraform-binary';
import { UserError } from '../user-error';
import type { StackOutputs } from './deploy-stack';
import { playScenario } from './play-scenario';
import { readScenario } from './scenario-file';
import { type Sending, sendDocument } from './send-document';
import { deploy, failing, type Outcome, type Session, showOutputs, showTrace } from './session';
import { traceUrl } from './trace-links';

/**
 * Starts the local cloud, deploys the stack, sends a document and shows its trace, or plays a scenario in place of that;
 * then stays until Ctrl-C, SIGTERM or `down`. With `--once` it ends after the trace. Returns the exit code: 0 only if the
 * document was taken and its trace was complete, or the scenario went as its file says.
 */
export async function up(args: string[], projectDirectory: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: 'string' },
      send: { type: 'string' },
      to: { type: 'string' },
      scenario: { type: 'string' },
      faults: { type: 'string' },
      port: { type: 'string', default: '4400' },
      once: { type: 'boolean', default: false },
    },
  });
  const { stack, send, to } = values;
  const port = portOf(values.port);
  const scenario =
    values.scenario === undefined ? undefined : readScenario(values.scenario, projectDirectory);
  if (!stack && !scenario) throw new UserError('up needs --stack, the id of the cdktf stack to deploy');
  if ((send === undefined) !== (to === undefined))
    throw new UserError('--send FILE and --to OUTPUT/PATH go together');
  const faults =
    values.faults === undefined ? undefined : readFaultFile(resolve(projectDirectory, values.faults));

  const progress = new Progress(process.stdout);
  const stopping = stopSignal();
  const terraform = await terraformVersion(process.env);
  const alerted = new AbortController();

  const starting = progress.step('cloud');
  const cloud = await LocalCloud.start({
    projectDirectory,
    port,
    faults,
    onAlert: (alert) => {
      progress.tell('alert', renderFired(alert));
      alerted.abort();
    },
  }).catch(failing(starting));
  try {
    starting.done(`${cloud.url} on Node ${process.versions.node} and Terraform ${terraform}`);
    const signal = AbortSignal.any([stopping, cloud.shutdownRequested]);
    const session: Session = { cloud, progress, projectDirectory, signal };
    let outcome: Outcome = { succeeded: true };
    if (scenario) outcome = await playScenario(session, scenario, alerted.signal);
    else if (stack) {
      const outputs = await deploy(session, { stack });
      if (send !== undefined && to !== undefined)
        outcome = await sendOne(session, { file: send, to }, outputs);
      showOutputs(outputs);
    }
    const { succeeded, traceId } = outcome;
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

/** Sends one document and shows its trace. */
async function sendOne(session: Session, { file, to }: Sending, outputs: StackOutputs): Promise<Outcome> {
  const { progress, projectDirectory, signal } = session;
  const step = progress.step('request');
  const sending = { file: resolve(projectDirectory, file), to };
  const answer = await sendDocument(sending, outputs, signal).catch(failing(step));
  const taken = answer.status < 400;
  const outcome = `POST ${answer.url} with ${file}: ${answer.status} in ${Math.round(answer.durationMs)} ms`;
  if (taken) step.done(outcome);
  else step.failed(`${outcome}, ${oneLine(answer.body)}`);
  const complete = await showTrace(session, answer.traceId);
  return { succeeded: taken && complete, traceId: answer.traceId };
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
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
