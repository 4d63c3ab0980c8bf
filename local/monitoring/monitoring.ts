import { randomInt, randomUUID } from 'node:crypto';
import type {
  AlertCondition,
  AlertPolicy,
  Dashboard,
  MonitoredService,
  NotificationChannel,
  ServiceLevelObjective,
  UptimeCheck,
} from './resources';

/** What a caller decides about an alert policy; conditions keep the names they have. */
export type AlertPolicySettings = Omit<AlertPolicy, 'name' | 'creationRecord' | 'conditions'> & {
  readonly conditions: readonly (Omit<AlertCondition, 'name'> & { readonly name?: string })[];
};

/** What a caller decides about a notification channel. */
export type NotificationChannelSettings = Omit<NotificationChannel, 'name'>;

/** Who is recorded as the author of alert policies: the one person who uses the local cloud. */
const AUTHOR = 'local-user';

/** Everything Monitoring keeps for all projects, by resource name. */
export class Monitoring {
  readonly #policies = new Map<string, AlertPolicy>();
  readonly #channels = new Map<string, NotificationChannel>();
  readonly #dashboards = new Map<string, Dashboard>();
  readonly #services = new Map<string, MonitoredService>();
  readonly #objectives = new Map<string, ServiceLevelObjective>();
  readonly #uptimeChecks = new Map<string, UptimeCheck>();

  alertPolicies(): AlertPolicy[] {
    return [...this.#policies.values()];
  }

  alertPolicy(name: string): AlertPolicy | undefined {
    return this.#policies.get(name);
  }

  createAlertPolicy(projectId: string, settings: AlertPolicySettings): AlertPolicy {
    const name = `projects/${projectId}/alertPolicies/${newId()}`;
    const creationRecord = { mutateTime: new Date().toISOString(), mutatedBy: AUTHOR };
    return this.#putPolicy({ ...settings, name, creationRecord, conditions: named(name, settings) });
  }

  /** Replaces the settings. Undefined when there is no such policy. */
  updateAlertPolicy(name: string, settings: AlertPolicySettings): AlertPolicy | undefined {
    const policy = this.#policies.get(name);
    if (!policy) return undefined;
    const { creationRecord } = policy;
    return this.#putPolicy({ ...settings, name, creationRecord, conditions: named(name, settings) });
  }

  deleteAlertPolicy(name: string): void {
    this.#policies.delete(name);
  }

  notificationChannel(name: string): NotificationChannel | undefined {
    return this.#channels.get(name);
  }

  createNotificationChannel(projectId: string, settings: NotificationChannelSettings): NotificationChannel {
    const channel = { ...settings, name: `projects/${projectId}/notificationChannels/${newId()}` };
    this.#channels.set(channel.name, channel);
    return channel;
  }

  /** Replaces the settings. Undefined when there is no such channel. */
  updateNotificationChannel(
    name: string,
    settings: NotificationChannelSettings,
  ): NotificationChannel | undefined {
    if (!this.#channels.has(name)) return undefined;
    const channel = { ...settings, name };
    this.#channels.set(name, channel);
    return channel;
  }

  /** Deletes the channel and takes it out of the policies that use it. */
  deleteNotificationChannel(name: string): void {
    this.#channels.delete(name);
    for (const policy of this.policiesNotifying(name)) {
      const notificationChannels = policy.notificationChannels?.filter((channel) => channel !== name) ?? [];
      this.#putPolicy({ ...policy, notificationChannels });
    }
  }

  /** The alert policies that use a channel. */
  policiesNotifying(channelName: string): AlertPolicy[] {
    return this.alertPolicies().filter((policy) => policy.notificationChannels?.includes(channelName));
  }

  dashboard(name: string): Dashboard | undefined {
    return this.#dashboards.get(name);
  }

  /** `content` is the dashboard's JSON without `name` and `etag`. */
  createDashboard(projectId: string, content: Dashboard['content']): Dashboard {
    return this.putDashboard(`projects/${projectId}/dashboards/${randomUUID()}`, content);
  }

  putDashboard(name: string, content: Dashboard['content']): Dashboard {
    const dashboard = { name, content };
    this.#dashboards.set(name, dashboard);
    return dashboard;
  }

  deleteDashboard(name: string): void {
    this.#dashboards.delete(name);
  }

  service(name: string): MonitoredService | undefined {
    return this.#services.get(name);
  }

  putService(service: MonitoredService): MonitoredService {
    this.#services.set(service.name, service);
    return service;
  }

  /** Deletes the service and its objectives. */
  deleteService(name: string): void {
    this.#services.delete(name);
    for (const objective of this.#objectives.keys()) {
      if (objective.startsWith(`${name}/`)) this.#objectives.delete(objective);
    }
  }

  objectives(): ServiceLevelObjective[] {
    return [...this.#objectives.values()];
  }

  objective(name: string): ServiceLevelObjective | undefined {
    return this.#objectives.get(name);
  }

  putObjective(objective: ServiceLevelObjective): ServiceLevelObjective {
    this.#objectives.set(objective.name, objective);
    return objective;
  }

  deleteObjective(name: string): void {
    this.#objectives.delete(name);
  }

  uptimeCheck(name: string): UptimeCheck | undefined {
    return this.#uptimeChecks.get(name);
  }

  /** Monitoring names a check after what it is called. */
  createUptimeCheck(projectId: string, settings: Omit<UptimeCheck, 'name'>): UptimeCheck {
    const words = settings.displayName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    return this.putUptimeCheck({
      ...settings,
      name: `projects/${projectId}/uptimeCheckConfigs/${words}-${randomUUID().slice(0, 8)}`,
    });
  }

  putUptimeCheck(check: UptimeCheck): UptimeCheck {
    this.#uptimeChecks.set(check.name, check);
    return check;
  }

  deleteUptimeCheck(name: string): void {
    this.#uptimeChecks.delete(name);
  }

  /** The alert policies with a condition on an uptime check, by the last part of its name. */
  policiesWatching(checkId: string): AlertPolicy[] {
    return this.alertPolicies().filter((policy) =>
      policy.conditions.some(({ conditionThreshold: threshold, conditionAbsent: absent }) =>
        [threshold?.filter, threshold?.denominatorFilter, absent?.filter].some((filter) =>
          filter?.includes(`"${checkId}"`),
        ),
      ),
    );
  }

  #putPolicy(policy: AlertPolicy): AlertPolicy {
    this.#policies.set(policy.name, policy);
    return policy;
  }
}

function named(policyName: string, { conditions }: AlertPolicySettings): AlertCondition[] {
  return conditions.map((condition) => ({
    ...condition,
    name: condition.name ?? `${policyName}/conditions/${newId()}`,
  }));
}

/** Monitoring numbers its resources with long decimal numbers; 14 digits are the most `randomInt` can give. */
function newId(): string {
  return String(randomInt(10 ** 13, 10 ** 14));
}
