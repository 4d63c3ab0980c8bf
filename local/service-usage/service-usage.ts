/** Which Google APIs are enabled in which project. */
export class ServiceUsage {
  /** project id -> API names such as `run.googleapis.com` */
  readonly #enabled = new Map<string, Set<string>>();

  /** Enabling what is enabled already changes nothing, as at Google. */
  enable(projectId: string, service: string): void {
    this.#enabled.set(projectId, (this.#enabled.get(projectId) ?? new Set()).add(service));
  }

  disable(projectId: string, service: string): void {
    this.#enabled.get(projectId)?.delete(service);
  }

  isEnabled(projectId: string, service: string): boolean {
    return this.#enabled.get(projectId)?.has(service) ?? false;
  }
}
