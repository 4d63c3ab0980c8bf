import { join } from 'node:path';
import type { TerraformStack } from 'cdktf';
import type { TraceReport } from '../control/trace-report';
import { LocalCloud as Cloud, type LocalCloudOptions } from '../local-cloud';
import { answeredTraceId } from '../trace/trace-context';
import { synthesize } from './synthesize';
import { applyConfiguration } from './terraform';

/** An answer of a deployed service, such as `fetch` returns. */
export interface ServiceResponse {
  readonly headers: { get(name: string): string | null };
}

export interface DeployOptions {
  /**
   * Values of the stack's Terraform variables by name.
   *
   * @default - none; those without a default of their own are refused
   */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** How a cloud for tests is started. */
export type TestCloudOptions = Pick<LocalCloudOptions, 'faults'>;

export interface TraceOptions {
  /**
   * How long to wait for spans that are missing.
   *
   * @default 4_000 - spans take half a second, and jest gives a test five
   */
  readonly timeoutMs?: number;
}

const TRACE_TIMEOUT_MS = 4_000;

/**
 * A local cloud for tests: in this process, on ports of its own on 127.0.0.1, with everything it keeps among the
 * system's temporary files. As many as wanted run at once.
 */
export class LocalCloud {
  readonly #cloud: Cloud;
  readonly #disposal = new AbortController();
  /** Done when no deploy runs: they run one after the other. */
  #deployed: Promise<unknown> = Promise.resolve();

  private constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Starts a cloud in which nothing is deployed. */
  static async start(options: TestCloudOptions = {}): Promise<LocalCloud> {
    return new LocalCloud(await Cloud.start(options));
  }

  /** URL of its page, which shows traces, logs and alerts for as long as it runs. */
  get url(): string {
    return this.#cloud.url;
  }

  /**
   * Synthesizes the stack with its validations and applies it with the real Terraform; a stack that was deployed before,
   * by its id, is updated in place. Its google provider must be for a project called `local-...`.
   *
   * @returns the stack's outputs by name; `Outputs` says what they are.
   * @throws what cdktf throws where a validation refuses the stack; DeployError with what Terraform says; UserError where
   * there is no Terraform 1.5 or newer.
   */
  async deploy<Outputs extends object = Readonly<Record<string, string>>>(
    stack: TerraformStack,
    { variables = {} }: DeployOptions = {},
  ): Promise<Outputs> {
    const applied = this.#deployed.then(async () => {
      const directory = synthesize(stack, join(this.#cloud.dataDirectory, 'cdktf.out'));
      const environment = this.#cloud.terraformEnvironment(process.env);
      return await applyConfiguration({ directory, variables, environment, signal: this.#disposal.signal });
    });
    this.#deployed = applied.catch(() => undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the stack's author knows its outputs
    return (await applied) as Outputs;
  }

  /**
   * The trace of an answered request, as soon as it is complete; what there is of it when it does not become complete in
   * time. Throws when the response is none of a service of Cloud Run.
   */
  async traceOf(
    response: ServiceResponse,
    { timeoutMs = TRACE_TIMEOUT_MS }: TraceOptions = {},
  ): Promise<TraceReport> {
    const traceId = answeredTraceId(response.headers.get('x-cloud-trace-context'));
    if (traceId === undefined) {
      throw new Error(
        'the response has no header X-Cloud-Trace-Context; traceOf takes what a service of this cloud has answered',
      );
    }
    return await this.#cloud.waitForTrace(traceId, { timeoutMs });
  }

  /** Ends the services and the cloud; nothing of them is left. */
  async dispose(): Promise<void> {
    this.#disposal.abort();
    await this.#deployed;
    await this.#cloud.dispose();
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
