/** Drives the real Terraform against the provider of the local cloud, in a directory of its own that goes away. */

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { startProviderServer } from '../../local/terraform/provider-server';
import type { ProviderServer, ProviderServerOptions } from '../../local/terraform/provider-server';
import { diagnosticsOf, type TerraformDiagnostic } from '../../local/testing/terraform-diagnostics';
import { readShownPlan } from './terraform-plan';
import type { CommandResult, Plan } from './terraform-plan';

/** The content of a `main.tf.json`: `resource`, `variable`, `output`, ... as Terraform's JSON syntax has them. */
export type Config = Record<string, unknown>;

export type WorkspaceOptions<Products> = (
  | ProviderServerOptions<Products>
  /** The value of TF_REATTACH_PROVIDERS of a provider that runs already. */
  | { readonly reattach: string }
) & {
  /** More environment for Terraform. */
  readonly env?: Readonly<Record<string, string>>;
};

const DEFAULT_PROVIDER = { project: 'local-test', region: 'europe-west1' } as const;

/** One Terraform directory with its state. `dispose` removes it and stops the provider that `open` started. */
export class TerraformWorkspace {
  static async open<Products>(options: WorkspaceOptions<Products>): Promise<TerraformWorkspace> {
    const server =
      'reattach' in options
        ? { reattach: options.reattach, close: () => Promise.resolve() }
        : await startProviderServer(options);
    const directory = await mkdtemp(join(tmpdir(), 'terraform-'));
    return new TerraformWorkspace(directory, server, options.env ?? {});
  }

  readonly #server: ProviderServer;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(
    readonly directory: string,
    server: ProviderServer,
    env: Readonly<Record<string, string>>,
  ) {
    this.#server = server;
    // Nothing of the developer's own Terraform set-up may reach the test.
    this.#env = {
      PATH: process.env['PATH'],
      HOME: directory,
      CHECKPOINT_DISABLE: '1',
      TF_INPUT: '0',
      TF_IN_AUTOMATION: '1',
      TF_REATTACH_PROVIDERS: server.reattach,
      ...env,
    };
  }

  /**
   * Makes `config` the content of the directory. A google provider block for project `local-test` in `europe-west1` is added
   * unless the configuration has one of its own. A provider that runs already needs no `terraform init`.
   */
  async configure(config: Config): Promise<void> {
    const whole = {
      terraform: { required_providers: { google: { source: 'hashicorp/google', version: '6.50.0' } } },
      provider: { google: DEFAULT_PROVIDER },
      ...config,
    };
    await writeFile(join(this.directory, 'main.tf.json'), JSON.stringify(whole, null, 2));
  }

  async validate(): Promise<CommandResult> {
    const { code, stdout, text } = await this.#exec(['validate', '-json']);
    const answer: { readonly diagnostics: readonly TerraformDiagnostic[] } = JSON.parse(stdout);
    return { ok: code === 0, diagnostics: answer.diagnostics, text };
  }

  /** Plans with `args`, such as `-destroy` or `-refresh-only`. `applyPlanned` applies it; `apply` makes its own. */
  async plan(...args: string[]): Promise<Plan> {
    const planned = await this.#exec(['plan', '-json', '-detailed-exitcode', '-out=plan.bin', ...args]);
    const hasChanges = planned.code === 2;
    const ok = planned.code === 0 || hasChanges;
    const result = { ok, diagnostics: diagnosticsOf(planned.stdout), text: planned.text };
    if (!hasChanges) return { ...result, actions: {}, replacePaths: {}, changedPaths: {}, planned: {} };
    const { code, stdout, text } = await this.#exec(['show', '-json', 'plan.bin']);
    if (code !== 0) throw new Error(`terraform show failed:\n${text}`);
    return { ...result, ...readShownPlan(stdout) };
  }

  apply(...args: string[]): Promise<CommandResult> {
    return this.run('apply', '-json', '-auto-approve', ...args);
  }

  /** Applies what `plan` has planned last. */
  applyPlanned(): Promise<CommandResult> {
    return this.run('apply', '-json', 'plan.bin');
  }

  destroy(...args: string[]): Promise<CommandResult> {
    return this.run('destroy', '-json', '-auto-approve', ...args);
  }

  /** The resource of `address` must be in the configuration. */
  import(address: string, id: string): Promise<CommandResult> {
    return this.run('import', '-no-color', address, id);
  }

  /** Attributes of every resource in the state, by address. */
  async state(): Promise<Record<string, Record<string, unknown>>> {
    const { resources } = await this.#readState();
    return Object.fromEntries(
      resources.flatMap(({ type, name, instances }) =>
        instances.map(({ index_key: key, attributes }) => [
          `${type}.${name}${key === undefined ? '' : `[${JSON.stringify(key)}]`}`,
          attributes,
        ]),
      ),
    );
  }

  /** Addresses of the resources in the state that the next apply replaces because their creation failed. */
  async tainted(): Promise<string[]> {
    const { resources } = await this.#readState();
    return resources
      .filter(({ instances }) => instances.some(({ status }) => status === 'tainted'))
      .map(({ type, name }) => `${type}.${name}`);
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.#exec(['output', '-json']);
    const outputs: Record<string, { readonly value: unknown }> = JSON.parse(stdout);
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Runs any command; diagnostics are read where it prints Terraform's JSON lines. */
  async run(...args: string[]): Promise<CommandResult> {
    const { code, stdout, text } = await this.#exec(args);
    return { ok: code === 0, diagnostics: diagnosticsOf(stdout), text };
  }

  /** Runs a command and sends it `signal` when `when` resolves; `onOutput` gets what it prints meanwhile. */
  async interrupt({ signal, when, onOutput }: Interruption, ...args: string[]): Promise<CommandResult> {
    const { code, stdout, text } = await this.#exec(args, (child) => {
      child.stdout.on('data', onOutput);
      return when.then(() => child.kill(signal));
    });
    return { ok: code === 0, diagnostics: diagnosticsOf(stdout), text };
  }

  /** Changes the attributes of every resource in the state file, as another version of the provider might have. */
  async editState(edit: (attributes: Record<string, unknown>) => void): Promise<void> {
    const state = await this.#readState();
    for (const { attributes } of state.resources.flatMap(({ instances }) => instances)) edit(attributes);
    await writeFile(this.#stateFile, JSON.stringify({ ...state, serial: state.serial + 1 }));
  }

  async dispose(): Promise<void> {
    await this.#server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  get #stateFile(): string {
    return join(this.directory, 'terraform.tfstate');
  }

  async #readState(): Promise<StateFile> {
    return JSON.parse(await readFile(this.#stateFile, 'utf8'));
  }

  #exec(
    args: readonly string[],
    meanwhile: (child: ChildProcessByStdio<null, Readable, Readable>) => Promise<unknown> = () =>
      Promise.resolve(),
  ): Promise<{ code: number | null; stdout: string; text: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn('terraform', args, {
        cwd: this.directory,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
        text += chunk;
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, text }));
      meanwhile(child).catch(reject);
    });
  }
}

interface Interruption {
  readonly signal: NodeJS.Signals;
  readonly when: Promise<unknown>;
  readonly onOutput: (chunk: string) => void;
}

interface StateFile {
  readonly serial: number;
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly status?: string;
      /** Of `count` and `for_each`. */
      readonly index_key?: number | string;
      readonly attributes: Record<string, unknown>;
    }[];
  }[];
}

/** What `lifecycle` drives a workspace through. */
export interface Lifecycle {
  readonly create: Config;
  /** A configuration that differs from `create`, and exactly the changed paths (see Plan.changedPaths) it must plan. */
  readonly update?: {
    readonly config: Config;
    readonly changed: Readonly<Record<string, readonly string[]>>;
  };
  /** A configuration that differs from the one before, and for each replaced resource the paths that cause it. */
  readonly replace?: {
    readonly config: Config;
    readonly replaced: Readonly<Record<string, readonly string[]>>;
  };
}

/**
 * Create, plan nothing, update in place with exactly the named changes, plan nothing, replace where named, plan
 * nothing, destroy, leave nothing. Returns the state after each apply.
 */
export async function lifecycle(
  workspace: TerraformWorkspace,
  steps: Lifecycle,
): Promise<Record<'created' | 'updated' | 'replaced', Record<string, Record<string, unknown>>>> {
  await applyAndSettle(workspace, steps.create);
  const created = await workspace.state();

  let updated = {};
  if (steps.update) {
    await workspace.configure(steps.update.config);
    const plan = succeeded(await workspace.plan());
    const { changed } = steps.update;
    expect(plan.actions).toEqual(
      Object.fromEntries(Object.keys(changed).map((address) => [address, 'update'])),
    );
    expect(plan.changedPaths).toEqual(
      Object.fromEntries(Object.entries(changed).map(([address, paths]) => [address, paths.toSorted()])),
    );
    succeeded(await workspace.applyPlanned());
    await settled(workspace);
    updated = await workspace.state();
  }

  let replaced = {};
  if (steps.replace) {
    await workspace.configure(steps.replace.config);
    const plan = succeeded(await workspace.plan());
    const replacements = Object.entries(plan.actions).filter(([, action]) => action === 'replace');
    expect(replacements.map(([address]) => address).toSorted()).toEqual(
      Object.keys(steps.replace.replaced).toSorted(),
    );
    expect(plan.replacePaths).toEqual(steps.replace.replaced);
    succeeded(await workspace.applyPlanned());
    await settled(workspace);
    replaced = await workspace.state();
  }

  succeeded(await workspace.destroy());
  expect(await workspace.state()).toEqual({});
  return { created, updated, replaced };
}

/** Fails with what Terraform said when the command did not succeed. */
export function succeeded<Result extends CommandResult>(result: Result): Result {
  if (!result.ok) {
    const said = result.diagnostics.map(
      ({ address, summary, detail }) => `${address ?? ''}: ${summary}: ${detail}`,
    );
    throw new Error(`terraform failed:\n${said.length > 0 ? said.join('\n') : result.text}`);
  }
  return result;
}

/** Applies `config` and holds that a second plan has nothing to do. */
export async function applyAndSettle(workspace: TerraformWorkspace, config: Config): Promise<void> {
  await workspace.configure(config);
  succeeded(await workspace.apply());
  await settled(workspace);
}

/** Holds that there is nothing to do. */
async function settled(workspace: TerraformWorkspace): Promise<void> {
  const { actions, changedPaths } = succeeded(await workspace.plan());
  expect({ actions, changedPaths }).toEqual({ actions: {}, changedPaths: {} });
}
