/** An Artifact Registry repository, in the shape of the API's `Repository`. */
export interface Repository {
  /** `projects/P/locations/L/repositories/R` */
  readonly name: string;
  /** Such as `DOCKER`. */
  readonly format: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cleanupPolicyDryRun?: boolean;
  readonly dockerConfig?: { readonly immutableTags?: boolean };
  readonly mavenConfig?: { readonly allowSnapshotOverwrites?: boolean; readonly versionPolicy?: string };
  readonly cleanupPolicies?: readonly Readonly<Record<string, unknown>>[];
  /** RFC 3339. */
  readonly createTime: string;
  /** RFC 3339. */
  readonly updateTime: string;
}

/** What a caller decides about a repository. */
export type RepositorySettings = Omit<Repository, 'name' | 'createTime' | 'updateTime'>;

/** The repositories of all projects, by resource name. */
export class Repositories {
  readonly #repositories = new Map<string, Repository>();

  get(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  /** Undefined when there is one of that name. */
  create(name: string, settings: RepositorySettings): Repository | undefined {
    if (this.#repositories.has(name)) return undefined;
    const now = new Date().toISOString();
    return this.#put({ ...settings, name, createTime: now, updateTime: now });
  }

  /** Replaces the settings. Undefined when there is no such repository. */
  update(name: string, settings: RepositorySettings): Repository | undefined {
    const repository = this.#repositories.get(name);
    if (!repository) return undefined;
    const { createTime } = repository;
    return this.#put({ ...settings, name, createTime, updateTime: new Date().toISOString() });
  }

  delete(name: string): void {
    this.#repositories.delete(name);
  }

  #put(repository: Repository): Repository {
    this.#repositories.set(repository.name, repository);
    return repository;
  }
}
