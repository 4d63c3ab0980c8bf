import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCdktf } from '../cdktf';
import { ControlClient } from '../control/control-client';
import { oneLine } from '../logging/terminal-text';
import type { Explanation } from '../trace/explanation';
import { UserError } from '../user-error';
import type { StackOutputs } from './deploy-stack';
import type { Scenario } from './scenario-file';
import { type Answer, sendDocument } from './send-document';
import {
  deploy,
  failing,
  type Outcome,
  type Session,
  showOutputs,
  showTrace,
  TRACE_TIMEOUT_MS,
} from './session';

/** Alerts without a duration fire at the next evaluation, every 5 s; those that have one need their minute. */
const ALERT_TIMEOUT_MS = 90_000;

/**
 * Has a scenario happen: what was refused, the deploy, the requests, the alert, one trace and its explanation.
 *
 * @param alerted aborts when an alert policy fires
 */
export async function playScenario(
  session: Session,
  scenario: Scenario,
  alerted: AbortSignal,
): Promise<Outcome> {
  const { expect, refusedApp } = scenario;
  process.stdout.write(`\n${scenario.title}\n\n`);
  if (refusedApp !== undefined) await showRefusal(session, refusedApp);
  const outputs = await deploy(session, scenario);
  const { answers, asExpected } = await sendDocuments(session, scenario, outputs);
  const fired = !expect.alert || (await waitForAlert(session, alerted));

  const { traceId, explanation } = await traceWithCause(session, answers, expect.cause);
  const complete = await showTrace(session, traceId);
  process.stdout.write(`${oneLine(explanation.paragraph)}\n\n`);
  const found = explanation.cause === expect.cause;
  if (!found)
    process.stdout.write(
      `The cause should have been ${expect.cause}, not ${explanation.cause ?? 'unknown'}.\n\n`,
    );
  showOutputs(outputs);
  return { succeeded: asExpected && fired && complete && found, traceId };
}

/** The newest of the traces that has the cause, or else the newest. */
async function traceWithCause(
  { cloud, signal }: Session,
  answers: readonly Answer[],
  cause: string,
): Promise<{ readonly traceId: string; readonly explanation: Explanation }> {
  const client = new ControlClient(cloud.url);
  const [newest, ...older] = answers.map(({ traceId }) => traceId).toReversed();
  if (newest === undefined) throw new UserError('"send.times" is 0; allowed is 1 or more');
  await cloud.waitForTrace(newest, { timeoutMs: TRACE_TIMEOUT_MS, signal });
  const explanation = await client.explanation(newest);
  if (explanation.cause === cause) return { traceId: newest, explanation };
  for (const traceId of older) {
    const other = await client.explanation(traceId);
    if (other.cause === cause) return { traceId, explanation: other };
  }
  return { traceId: newest, explanation };
}

/** Throws UserError when the app is synthesized: then it is not what the scenario is about. */
async function showRefusal(session: Session, app: string): Promise<void> {
  const { cloud, progress, projectDirectory, signal } = session;
  const step = progress.step('synth');
  const lines: string[] = [];
  const outputDirectory = join(cloud.dataDirectory, 'refused.out');
  await mkdir(outputDirectory, { recursive: true });
  const exitCode = await runCdktf({
    args: ['synth', '--app', app],
    projectDirectory,
    outputDirectory,
    environment: cloud.terraformEnvironment(process.env),
    logFile: join(cloud.dataDirectory, 'synth.log'),
    onLine: (line) => lines.push(line.trim()),
    signal,
  }).catch(failing(step));
  if (exitCode === 0) {
    step.abandon();
    throw new UserError(`'${app}' was to be refused at synth, and was not`);
  }
  // What the app itself said: before it stands what cdktf made of that, between its lines the wheel that cdktf turns.
  const said = lines.slice(lines.indexOf(APP_SAID) + 1).filter((line) => !/^[\u2800-\u28FF]|^$/u.test(line));
  step.done(`refused: ${oneLine(said.join(' '))}`);
}

/** cdktf-cli writes this line before the standard error of an app that failed (src/lib/synth-stack.ts). */
const APP_SAID = 'Command output on stderr:';

/** Returns the answers with the status that is expected, or all where none has it. */
async function sendDocuments(
  { progress, projectDirectory, signal }: Session,
  { send, expect }: Scenario,
  outputs: StackOutputs,
): Promise<{ readonly answers: readonly Answer[]; readonly asExpected: boolean }> {
  const step = progress.step('requests');
  const sending = { file: resolve(projectDirectory, send.file), to: send.to };
  const answers: Answer[] = [];
  // One after the other: what makes a request slow is then never the one before it.
  while (answers.length < send.times) {
    step.update(`${answers.length} of ${send.times}`);
    answers.push(await sendDocument(sending, outputs, signal).catch(failing(step)));
  }

  const statuses = answers.map(({ status }) => status);
  const counts = [...new Set(statuses)].map(
    (status) => `${status} ${statuses.filter((one) => one === status).length} times`,
  );
  const outcome = `POST ${answers[0]?.url}: ${counts.join(', ')}`;
  const expected = answers.filter(({ status }) => status === expect.status);
  const asExpected = expected.length > 0;
  if (asExpected) step.done(outcome);
  else step.failed(`${outcome}; expected was ${expect.status}. ${oneLine(answers[0]?.body ?? '')}`);
  return { answers: asExpected ? expected : answers, asExpected };
}

/** The alert itself is told when it fires. */
async function waitForAlert({ progress, signal }: Session, alerted: AbortSignal): Promise<boolean> {
  const step = progress.step('alert');
  const waiting = AbortSignal.any([alerted, signal, AbortSignal.timeout(ALERT_TIMEOUT_MS)]);
  if (!waiting.aborted) await new Promise((done) => waiting.addEventListener('abort', done, { once: true }));
  signal.throwIfAborted();
  if (alerted.aborted) step.abandon();
  else step.failed(`none has fired after ${ALERT_TIMEOUT_MS / 1000} s`);
  return alerted.aborted;
}
