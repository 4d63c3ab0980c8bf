import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Manifest, TerraformRemoteState, type TerraformStack } from 'cdktf';

/** Terraform's own, in the directory where it runs (developer.hashicorp.com/terraform/language/backend/local). */
const STATE = 'terraform.tfstate';

/**
 * Synthesizes the app of a stack as `cdktf deploy` does, but into `outputDirectory`, and keeps the states of its stacks
 * there, whatever backends they name. Returns the directory of the stack, for Terraform to run in. Throws what cdktf
 * throws, with its message, when a validation fails.
 */
export function synthesize(stack: TerraformStack, outputDirectory: string): string {
  mkdirSync(outputDirectory, { recursive: true });
  const app = App.of(stack);
  const manifest = new Manifest(app.manifest.version, outputDirectory, app.hclOutput);
  const elsewhere: App = Object.create(app, {
    outdir: { value: outputDirectory },
    manifest: { value: manifest },
  });
  elsewhere.synth();
  const directory = join(outputDirectory, manifest.forStack(stack).workingDirectory);
  writeFileSync(join(directory, 'local_override.tf.json'), JSON.stringify(localStates(stack)));
  return directory;
}

/**
 * What a file whose name ends with `_override` says holds, also of backends
 * (developer.hashicorp.com/terraform/language/files/override).
 */
function localStates(stack: TerraformStack): unknown {
  const states = stack.node.findAll().filter((node) => node instanceof TerraformRemoteState);
  const remote = states.flatMap((state) => {
    const from = stack.dependencies.find(({ node }) => state.node.id === `${CROSS_STACK}${node.path}`);
    if (!from) return [];
    return [
      [state.friendlyUniqueId, { backend: 'local', config: { path: join('..', from.node.id, STATE) } }],
    ];
  });
  return {
    terraform: { backend: { local: { path: STATE } } },
    ...(remote.length > 0 && { data: { terraform_remote_state: Object.fromEntries(remote) } }),
  };
}

/** Before the path of the stack that is referred to, in the id that cdktf gives the data source. */
const CROSS_STACK = 'cross-stack-reference-input-';
