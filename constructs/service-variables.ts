import type { CloudRunV2ServiceTemplateContainersEnv } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import type { Secret } from './secret';
import { ValidationError } from './validation';

/** Cloud Run sets these itself, or refuses them. */
const OF_CLOUD_RUN = /^(?:PORT|K_.*|CLOUD_RUN_.*|X_GOOGLE_.*)$/;
/** Kept for the settings contract, which grows. */
const OF_TELEMETRY = /^TRACED_/;
const OWN = 'which the construct writes; use its options instead';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The environment variables of one container: every name has one writer. */
export class ServiceVariables {
  readonly #values = new Map<string, string | Secret>();
  readonly #path: string;

  /** @param path of the service, for errors */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Adds what the user wrote. Throws TCR006 for a name that is reserved or malformed.
   *
   * @param option the variables were written in
   */
  addExtra(option: 'env' | 'secrets', variables: Readonly<Record<string, string | Secret>>): void {
    for (const name of Object.keys(variables)) {
      const isOwn = option === 'env' && this.#values.has(name);
      const problem = isOwn ? OWN : describeProblem(name);
      if (problem) throw new ValidationError('TCR006', this.#path, `'${option}' sets ${name}, ${problem}`);
    }
    this.add(variables);
  }

  /** Adds what a construct renders. Throws TCR007 when a name is taken. */
  add(variables: Readonly<Record<string, string | Secret>>): void {
    for (const [name, value] of Object.entries(variables)) {
      if (this.#values.has(name)) {
        throw new ValidationError(
          'TCR007',
          this.#path,
          `the environment variable ${name} is written twice; env, secrets, calls() and buckets need different names`,
        );
      }
      this.#values.set(name, value);
    }
  }

  /** In the order of their names, whatever the order they were added in. */
  list(): CloudRunV2ServiceTemplateContainersEnv[] {
    return [...this.#values]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) =>
        typeof value === 'string'
          ? { name, value }
          : { name, valueSource: { secretKeyRef: { secret: value.secret, version: value.version } } },
      );
  }
}

function describeProblem(name: string): string | undefined {
  if (OF_CLOUD_RUN.test(name)) return 'which is reserved by Cloud Run; take it out';
  if (OF_TELEMETRY.test(name)) return OWN;
  if (!NAME.test(name)) return 'which is no variable name; use letters, digits and _, first no digit';
  return undefined;
}
