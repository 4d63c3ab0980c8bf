import type { Iam } from '../iam/iam';
import type { LogStore } from '../logging/log-store';
import type { CloudRun, Service } from '../run/cloud-run';
import { INVOKER_ROLES } from '../run/invoker-check';
import { iamResourceName } from '../run/service-spec';
import { bucketIamName, STORAGE_ROLES } from '../storage/access';
import type { CloudStorage } from '../storage/cloud-storage';
import { lostHop } from '../trace/lost-hop';
import type { Stack } from '../trace/stack';
import type { TraceStore } from '../trace/trace-store';
import { type CallCount, countCalls, OUTSIDE } from './call-counts';

interface GraphNode {
  /** Name of the Cloud Run service or of the bucket; `outside` for callers that are not deployed. */
  readonly id: string;
  readonly kind: 'service' | 'bucket' | 'outside';
  readonly region?: string;
  /** What the service's spans call it, where that is another name. */
  readonly serviceName?: string;
}

/** The IAM member that would let refused calls through, in the words of its Terraform resource. */
interface MissingGrant {
  readonly resourceType: string;
  readonly on: string;
  readonly role: string;
  readonly member: string;
}

/** Calls that arrived and are not in their caller's trace, for one reason. */
interface LostCalls {
  /** Such as `processor → storage: 12 calls arrived, 0 in a trace: processor does not pass the trace header on`. */
  readonly report: string;
  /** What to change, and where. */
  readonly advice: string;
  /** Terraform address of the service to change. */
  readonly resource: string;
  /** Of the newest of them, as it arrived. */
  readonly traceId: string;
}

export interface GraphEdge extends Omit<CallCount, 'lost'> {
  readonly from: string;
  readonly to: string;
  /** Whether the stack lets the one call the other. */
  readonly granted: boolean;
  /** Absent where no call is lost. */
  readonly lost?: readonly LostCalls[];
  /** What the stack gives the caller for it. */
  readonly deadlineMs?: number;
  /** Of an edge that is not granted. */
  readonly missingGrant?: MissingGrant;
}

/** Services and buckets of the deployed stack; an edge is what is granted, or was tried. */
export interface ServiceGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphSources {
  readonly run: Pick<CloudRun, 'list'>;
  readonly storage: Pick<CloudStorage, 'buckets'>;
  readonly iam: Iam;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  /** Where the services are written down. */
  readonly stack: Stack;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The stack's grants laid over the calls that were made. */
export function serviceGraph({ run, storage, iam, stack, ...seen }: GraphSources): ServiceGraph {
  const services = run.list();
  const buckets = storage.buckets().map(({ record }) => record);
  const counts = countCalls({ services, buckets: buckets.map(({ name }) => name), ...seen });
  const edges: GraphEdge[] = [];
  const addEdge = (from: string, to: string, granted: boolean, more: Partial<GraphEdge>): void => {
    const { lost, ...count } = counts.get(from, to);
    if (from === to || (!granted && count.calls === 0)) return;
    const reports = lostCalls(from, to, { lost, ...count }, stack);
    edges.push({ from, to, granted, ...count, ...(reports.length > 0 && { lost: reports }), ...more });
  };

  for (const callee of services) {
    const { spec } = callee;
    const resources = [iamResourceName(spec), projectIamName(spec.projectId)];
    const open = spec.invokerIamDisabled || iam.allows(resources, INVOKER_ROLES, undefined);
    const grant = {
      resourceType: 'google_cloud_run_v2_service_iam_member',
      on: spec.name,
      role: INVOKER_ROLES[0],
    };
    const missingFor = (member: string): Partial<GraphEdge> => ({ missingGrant: { ...grant, member } });
    addEdge(OUTSIDE, spec.name, open, open ? {} : missingFor('allUsers'));
    for (const caller of services) {
      const email = caller.spec.template.serviceAccount;
      const deadlineMs = deadlineOf(caller, callee);
      const granted = open
        ? deadlineMs !== undefined || counts.get(caller.spec.name, spec.name).calls > 0
        : iam.allows(resources, INVOKER_ROLES, email);
      addEdge(caller.spec.name, spec.name, granted, {
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(granted ? {} : missingFor(`serviceAccount:${email}`)),
      });
    }
  }
  for (const { name, projectId } of buckets) {
    for (const { spec } of services) {
      const email = spec.template.serviceAccount;
      const granted = iam.allows([bucketIamName(name), projectIamName(projectId)], STORAGE_ROLES, email);
      const missingGrant: MissingGrant = {
        resourceType: 'google_storage_bucket_iam_member',
        on: name,
        role: 'roles/storage.objectUser',
        member: `serviceAccount:${email}`,
      };
      addEdge(spec.name, name, granted, granted ? {} : { missingGrant });
    }
  }

  const outside: GraphNode[] = edges.some(({ from }) => from === OUTSIDE)
    ? [{ id: OUTSIDE, kind: 'outside' }]
    : [];
  return {
    nodes: [
      ...outside,
      ...services.map(({ spec }): GraphNode => {
        const serviceName = spec.template.container.env['OTEL_SERVICE_NAME'];
        const renamed = serviceName !== undefined && serviceName !== spec.name;
        return { id: spec.name, kind: 'service', region: spec.location, ...(renamed && { serviceName }) };
      }),
      ...buckets.map(({ name, location }): GraphNode => ({ id: name, kind: 'bucket', region: location })),
    ],
    edges,
  };
}

function lostCalls(
  from: string,
  to: string,
  { calls, traced, lost }: CallCount,
  { services }: Stack,
): LostCalls[] {
  const [caller, callee] = [from, to].map((id) => services.find(({ name }) => name === id));
  if (!caller || !callee) return [];
  return [...lost].map(([because, { calls: ofThem, traceId }]) => {
    const service = because === 'no-header' ? caller : callee;
    const { text, advice } = lostHop(because, service);
    const arrived = `${calls} ${calls === 1 ? 'call' : 'calls'} arrived, ${traced} in a trace`;
    const report = `${caller.spanService} → ${callee.spanService}: ${arrived}: ${text}`;
    const share = ofThem === calls ? '' : ` (${ofThem} of them)`;
    return { report: report + share, advice, resource: service.address, traceId };
  });
}

/** The variable that holds the callee's address is `<NAME>_URL`; `<NAME>_DEADLINE_MS` beside it is the time for a call. */
function deadlineOf(caller: Service, callee: Service): number | undefined {
  const { env } = caller.spec.template.container;
  const variable = Object.keys(env).find((name) => name.endsWith('_URL') && env[name] === callee.uri);
  const deadlineMs = Number(env[`${variable?.replace(/_URL$/, '')}_DEADLINE_MS`]);
  return Number.isFinite(deadlineMs) ? deadlineMs : undefined;
}

function projectIamName(projectId: string): string {
  return `//cloudresourcemanager.googleapis.com/projects/${projectId}`;
}
