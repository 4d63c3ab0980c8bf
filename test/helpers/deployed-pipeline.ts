import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runCdktf } from '../../local/cdktf';
import { deployStack } from '../../local/commands/deploy-stack';
import type { TraceReport } from '../../local/control/trace-report';
import { LocalCloud, type LocalCloudOptions } from '../../local/local-cloud';
import { answeredTraceId } from '../../local/trace/trace-context';
import { readShownPlan } from './terraform-plan';

const ROOT = resolve(__dirname, '../..');
const STACK = 'document-pipeline-local';
/** The batch processor's delay, the export and a machine that does something else as well. */
const TRACE_TIMEOUT_MS = 20_000;

/** The pipeline of this repository, deployed by the real cdktf and Terraform to a local cloud of its own. */
export class DeployedPipeline {
  static async start(options: Pick<LocalCloudOptions, 'onAlert'> = {}): Promise<DeployedPipeline> {
    const cloud = await LocalCloud.start(options);
    try {
      const outputs = await deployStack({
        stack: STACK,
        projectDirectory: ROOT,
        dataDirectory: cloud.dataDirectory,
        environment: cloud.terraformEnvironment(process.env),
        step: {
          update: () => undefined,
          done: () => undefined,
          failed: () => undefined,
          abandon: () => undefined,
        },
        signal: new AbortController().signal,
      });
      return new DeployedPipeline(cloud, String(outputs['gateway_url']));
    } catch (error) {
      await cloud.dispose();
      throw error;
    }
  }

  private constructor(
    readonly cloud: LocalCloud,
    readonly gatewayUrl: string,
  ) {}

  /** URI of a deployed service by its construct id. */
  uriOf(service: string): string {
    const found = this.cloud.products.run.list().find(({ spec }) => spec.name === `${service}-local`);
    if (!found) throw new Error(`there is no service ${service}`);
    return found.uri;
  }

  async process(body: string, contentType = 'text/plain'): Promise<Response> {
    const headers = { 'content-type': contentType };
    return await fetch(`${this.gatewayUrl}/process`, { method: 'POST', headers, body });
  }

  /** The complete trace of an answered request; fails when it does not become complete. */
  async traceOf(response: Response): Promise<TraceReport> {
    const traceId = answeredTraceId(response.headers.get('x-cloud-trace-context')) ?? '';
    const report = await this.cloud.waitForTrace(traceId, { timeoutMs: TRACE_TIMEOUT_MS });
    if (!report.assessment.complete) throw new Error(report.assessment.problems.join('; '));
    return report;
  }

  /** Runs `cdktf COMMAND` on the stack and returns its exit code and what it printed. */
  async cdktf(command: 'deploy' | 'destroy'): Promise<{ exitCode: number; text: string }> {
    const lines: string[] = [];
    const exitCode = await runCdktf({
      args: [command, STACK, '--auto-approve', '--no-color'],
      projectDirectory: ROOT,
      outputDirectory: join(this.cloud.dataDirectory, 'cdktf.out'),
      environment: this.cloud.terraformEnvironment(process.env),
      logFile: join(this.cloud.dataDirectory, 'cdktf.log'),
      onLine: (line) => lines.push(line),
    });
    return { exitCode, text: lines.join('\n') };
  }

  /** Plans the synthesized stack after a change of its JSON text; nothing is applied. */
  async planWith(change: (json: string) => string): Promise<ReturnType<typeof readShownPlan>> {
    const copy = await mkdtemp(join(tmpdir(), 'changed-stack-'));
    try {
      await cp(join(this.cloud.dataDirectory, 'cdktf.out', 'stacks', STACK), copy, { recursive: true });
      const file = join(copy, 'cdk.tf.json');
      await writeFile(file, change(await readFile(file, 'utf8')));
      const terraform = async (...args: string[]): Promise<string> => {
        const env = this.cloud.terraformEnvironment(process.env);
        const options = { cwd: copy, env, maxBuffer: 64 * 1024 * 1024 };
        return (await promisify(execFile)('terraform', args, options)).stdout;
      };
      await terraform('init', '-reconfigure', '-input=false');
      await terraform('plan', '-input=false', '-out=plan.bin');
      return readShownPlan(await terraform('show', '-json', 'plan.bin'));
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }

  async dispose(): Promise<void> {
    await this.cloud.dispose();
  }
}
