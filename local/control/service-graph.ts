import type { Iam } from '../iam/iam';
import type { LogStore } from '../logging/log-store';
import type { CloudRun, Service } from '../run/cloud-run';
import { INVOKER_ROLES } from '../run/invoker-check';
import { iamResourceName } from '../run/service-spec';
import { bucketIamName, STORAGE_ROLES } from '../storage/access';
import type { CloudStorage } from '../storage/cloud-storage';
import type { TraceStore } from '../trace/trace-store';
import { countCalls, OUTSIDE } from './seen-calls';

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

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Whether the stack lets the one call the other. */
  readonly granted: boolean;
  /** Calls in the traces that are kept. */
  readonly seen: number;
  /** How many of them got 401 or 403. */
  readonly refused: number;
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
}

/** The stack's grants laid over the calls that were seen. */
export function serviceGraph({ run, storage, iam, traces, logs }: GraphSources): ServiceGraph {
  const services = run.list();
  const buckets = storage.buckets().map(({ record }) => record);
  const calls = countCalls({ services, buckets: buckets.map(({ name }) => name), traces, logs });
  const edges = new Map<string, GraphEdge>();
  const addEdge = (from: string, to: string, granted: boolean, more: Partial<GraphEdge>): void => {
    const { seen, refused } = calls.get(from, to);
    if (from === to || (!granted && seen === 0)) return;
    edges.set(`${from} ${to}`, { from, to, granted, seen, refused, ...more });
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
        ? deadlineMs !== undefined || calls.get(caller.spec.name, spec.name).seen > 0
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

  const shown = [...edges.values()];
  const outside: GraphNode[] = shown.some(({ from }) => from === OUTSIDE)
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
    edges: shown,
  };
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
