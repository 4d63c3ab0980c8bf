/** A service account of the local project. */
export interface ServiceAccount {
  readonly projectId: string;
  readonly email: string;
  /** 21 digits, as Google's `unique_id`. */
  readonly uniqueId: string;
  displayName: string;
  description: string;
  disabled: boolean;
}

/** Members that stand for everybody. */
const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'] as const;

/** Service accounts and the role bindings of every resource. */
export class Iam {
  readonly #accounts = new Map<string, ServiceAccount>();
  /** resource -> role -> members */
  readonly #bindings = new Map<string, Map<string, Set<string>>>();

  /** Adds the account and returns it; undefined when one of that email exists. */
  createServiceAccount(account: ServiceAccount): ServiceAccount | undefined {
    if (this.#accounts.has(account.email)) return undefined;
    this.#accounts.set(account.email, account);
    return account;
  }

  serviceAccount(email: string): ServiceAccount | undefined {
    return this.#accounts.get(email);
  }

  serviceAccounts(): ServiceAccount[] {
    return [...this.#accounts.values()];
  }

  deleteServiceAccount(email: string): boolean {
    return this.#accounts.delete(email);
  }

  /** Resources are named as in Google's full resource names: `//run.googleapis.com/projects/p/locations/l/services/s`. */
  addMember(resource: string, role: string, member: string): void {
    const roles = this.#bindings.get(resource) ?? new Map<string, Set<string>>();
    const members = roles.get(role) ?? new Set<string>();
    this.#bindings.set(resource, roles.set(role, members.add(member)));
  }

  removeMember(resource: string, role: string, member: string): void {
    this.#bindings.get(resource)?.get(role)?.delete(member);
  }

  hasMember(resource: string, role: string, member: string): boolean {
    return this.#bindings.get(resource)?.get(role)?.has(member) ?? false;
  }

  members(resource: string, role: string): string[] {
    return [...(this.#bindings.get(resource)?.get(role) ?? [])];
  }

  /** Forgets the policy of a resource that is deleted. */
  deletePolicy(resource: string): void {
    this.#bindings.delete(resource);
  }

  /**
   * Whether `email` (undefined for a caller without credentials) holds one of `roles` on one of `resources`, such as a
   * bucket and the project above it.
   */
  allows(resources: readonly string[], roles: readonly string[], email: string | undefined): boolean {
    return resources.some((resource) =>
      roles.some((role) => {
        const members = this.#bindings.get(resource)?.get(role);
        if (!members) return false;
        if (members.has(EVERYBODY[0])) return true;
        return email !== undefined && (members.has(EVERYBODY[1]) || members.has(`serviceAccount:${email}`));
      }),
    );
  }
}
