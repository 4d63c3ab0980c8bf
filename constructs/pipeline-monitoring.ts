import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultTokenResolver, StringConcat, TerraformOutput, TerraformStack, Tokenization } from 'cdktf';
import { Construct } from 'constructs';
import { ErrorAlert, type ErrorAlertOptions } from './error-alert';
import { projectOf } from './google-project';
import { PipelineDashboard } from './pipeline-dashboard';
import { servicesBehind } from './pipeline-order';
import { renderRunbook } from './runbook';
import { type PipelineEntry, TraceBudget, type TraceBudgetOptions } from './trace-budget';
import type { TracedCloudRunService } from './traced-cloud-run-service';
import { ValidationError } from './validation';

export interface PipelineMonitoringProps extends ErrorAlertOptions, TraceBudgetOptions {
  /** Where requests enter. All services behind them belong to the pipeline, so declare their calls before. */
  readonly entries: readonly PipelineEntry[];
}

/**
 * What a pipeline has once, whatever the number of its services: alerts on failures, a dashboard in the order of the
 * calls, what its traces cost, which is the output `trace_budget`, and a runbook, which is a panel of the dashboard and a
 * file beside the synthesized stack, `ID-runbook.md`. A second one in a stack is called after its path.
 */
export class PipelineMonitoring extends Construct {
  /** Callers before those they call. */
  readonly services: readonly TracedCloudRunService[];
  readonly budget: TraceBudget;
  readonly dashboard: PipelineDashboard;
  /** Markdown. */
  readonly runbook: string;

  constructor(scope: Construct, id: string, props: PipelineMonitoringProps) {
    super(scope, id);
    const entries = props.entries.map(({ service }) => service);
    checkEntries(this.node.path, entries);
    this.services = servicesBehind(entries);
    const stack = TerraformStack.of(this);
    const others = stack.node.findAll().filter((one) => one instanceof PipelineMonitoring && one !== this);
    // The first one of a stack has the plain names, and keeps them when others come.
    const subject = others.length > 0 ? this.node.path : stack.node.id;

    new ErrorAlert(this, 'error-alert', {
      ...props,
      subject,
      services: this.services,
    });
    this.budget = new TraceBudget(this, 'trace-budget', { ...props, subject });
    const output = new TerraformOutput(this, 'trace_budget', { value: this.budget.summary });
    if (others.length === 0) output.overrideLogicalId('trace_budget');
    this.runbook = renderRunbook({
      title: subject,
      projectId: projectOf(this),
      services: this.services,
      budget: this.budget.summary,
    });
    this.dashboard = new PipelineDashboard(this, 'dashboard', {
      displayName: subject,
      services: this.services,
      budget: this.budget,
      runbook: this.runbook,
    });

    const isNamesake = others.some(({ node }) => node.id === id);
    this.#writeRunbook(stack, `${isNamesake ? subject.replaceAll('/', '-') : id}-runbook.md`);
    this.node.addValidation({ validate: () => this.#lateCalls(entries) });
  }

  /** When the stack is synthesized, beside it: `cdktf.out/stacks/STACK/FILE`. */
  #writeRunbook(stack: TerraformStack, file: string): void {
    const { synthesizer } = stack;
    stack.synthesizer = {
      synthesize: (session) => {
        synthesizer.synthesize(session);
        const directory = session.manifest.forStack(stack).workingDirectory;
        const resolver = new DefaultTokenResolver(new StringConcat());
        const text = Tokenization.resolve(this.runbook, { scope: this, resolver, preparing: false });
        writeFileSync(join(session.outdir, directory, file), `${text}\n`);
      },
    };
  }

  /** A service that was called only after the pipeline was described would be missing in all of it. */
  #lateCalls(entries: readonly TracedCloudRunService[]): string[] {
    const missing = servicesBehind(entries).filter((service) => !this.services.includes(service));
    return missing.map(({ node }) => {
      const message =
        `'${node.id}' was called only after this was made, and would be missing in it; ` +
        'write the calls() before new PipelineMonitoring()';
      return new ValidationError('TCR058', this.node.path, message).message;
    });
  }
}

function checkEntries(path: string, entries: readonly TracedCloudRunService[]): void {
  if (entries.length > 0 && new Set(entries).size === entries.length) return;
  const got = entries.map(({ node }) => node.id).join(', ') || 'none';
  throw new ValidationError(
    'TCR060',
    path,
    `'entries' must name each service where requests enter once, got ${got}; ` +
      'write entries: [{ service: gateway, requestsPerSec: 1 }]',
  );
}
