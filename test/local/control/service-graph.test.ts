import { serviceGraph, type GraphEdge } from '../../../local/control/service-graph';
import { Iam } from '../../../local/iam/iam';
import { type LogEntry, LogStore } from '../../../local/logging/log-store';
import type { Service } from '../../../local/run/cloud-run';
import { iamResourceName } from '../../../local/run/service-spec';
import type { Stack } from '../../../local/trace/stack';
import { TraceStore } from '../../../local/trace/trace-store';
import { CloudRunFixture } from '../run/cloud-run-fixture';
import { log, span } from '../trace/pipeline-trace';

const NAMES = ['gateway', 'processor', 'storage'] as const;
type Name = (typeof NAMES)[number];

/** When the services were made; requests arrive 10 ms later. */
const CREATED = '2026-03-01T09:30:00.000Z';
const LATER = '2026-03-01T09:30:00.020Z';

/** When all spans have had time to arrive. */
const SETTLED_MS = Date.parse('2026-03-01T09:31:00Z');

let fixture: CloudRunFixture;
beforeAll(async () => {
  fixture = await CloudRunFixture.open();
});
afterAll(() => fixture.dispose());

function accountOf(name: Name): string {
  return fixture.spec(`${name}-local`, name).template.serviceAccount;
}

function service(name: Name, times: Partial<Service> = {}): Service {
  const spec = fixture.spec(
    `${name}-local`,
    name,
    { invokerIamDisabled: false },
    {},
    {
      env: { OTEL_SERVICE_NAME: name },
    },
  );
  const uri = `http://127.0.0.1:500${NAMES.indexOf(name)}`;
  const made = { createTime: CREATED, updateTime: CREATED, ...times };
  return { spec, uri, uid: name, generation: 1, revision: `${name}-1`, ...made };
}

function stack(turnedOff?: Name): Stack {
  return {
    services: NAMES.map((name) => ({
      name: `${name}-local`,
      spanService: name,
      location: 'europe-west1',
      account: accountOf(name),
      calls: [],
      address: `google_cloud_run_v2_service.${name}`,
      ...(name === turnedOff && { turnedOffBy: 'OTEL_SDK_DISABLED' }),
    })),
    buckets: [],
  };
}

const [IN_TRACE, OTHER] = ['ab'.repeat(16), 'cd'.repeat(16)];

interface Arrived {
  readonly at: Name;
  /** Whose account the ID token proves. */
  readonly from?: Name;
  readonly traceId?: string;
  readonly header?: 'none' | 'sampled' | 'not sampled';
  readonly status?: number;
  /** What the front end says where it has answered itself. */
  readonly message?: string;
}

function arrived({
  at,
  from,
  traceId = IN_TRACE,
  header = 'sampled',
  status = 200,
  message = '',
}: Arrived): LogEntry {
  return log(`${at}-local`, 'f0', 10, message, {
    log: 'requests',
    traceId,
    httpRequest: { status, latency: '0.02s' },
    caller: {
      ...(from && { account: accountOf(from) }),
      ...(header !== 'none' && { context: { spanId: '00000000000000b1', sampled: header === 'sampled' } }),
    },
  });
}

/** The edge from the processor to the storage service, which the one may call, after these requests and spans of these services. */
function edge(
  requests: readonly LogEntry[],
  inTrace: readonly Name[],
  more: {
    readonly nowMs?: number;
    readonly turnedOff?: Name;
    readonly from?: string;
    /** Times of a service that are others than those of the rest. */
    readonly times?: { readonly [name in Name]?: Partial<Service> };
  } = {},
): GraphEdge | undefined {
  const [traces, logs, iam] = [new TraceStore(), new LogStore(), new Iam()];
  const { spec } = service('storage');
  iam.addMember(iamResourceName(spec), 'roles/run.invoker', `serviceAccount:${accountOf('processor')}`);
  traces.add(
    inTrace.map((name, index) => span(`b${index}`, undefined, name, 'x', [0, 1], { traceId: IN_TRACE })),
  );
  for (const entry of requests) logs.append(entry);
  const graph = serviceGraph({
    run: { list: () => NAMES.map((name) => service(name, more.times?.[name])) },
    storage: { buckets: () => [] },
    iam,
    traces,
    logs,
    stack: stack(more.turnedOff),
    nowMs: more.nowMs ?? SETTLED_MS,
  });
  return graph.edges.find(
    ({ from, to }) => from === (more.from ?? 'processor-local') && to === 'storage-local',
  );
}

const CALL = { at: 'storage', from: 'processor' } as const;

describe('an edge of the service graph', () => {
  test('counts calls by the service account that they came with, and those that the traces show', () => {
    const calls = [arrived(CALL), arrived({ ...CALL, traceId: OTHER }), arrived({ at: 'storage' })];
    expect(edge(calls, ['storage'])).toEqual({
      from: 'processor-local',
      to: 'storage-local',
      granted: true,
      calls: 2,
      traced: 1,
      refused: 0,
    });
    expect(edge(calls, ['storage'], { from: 'outside' })).toMatchObject({ calls: 1, traced: 1 });
  });

  test('is of the service whose span the trace header names, where no token tells', () => {
    const calls = [arrived({ at: 'storage' })];
    expect(edge(calls, ['gateway', 'processor', 'storage'])).toMatchObject({ calls: 1, traced: 1 });
    expect(edge(calls, ['gateway', 'storage'])).toMatchObject({ calls: 0 });
  });

  test('says that a caller does not pass the trace header on', () => {
    const calls = [
      arrived({ ...CALL, header: 'none', traceId: OTHER }),
      arrived({ ...CALL, header: 'none' }),
    ];
    expect(edge(calls, ['storage'])).toMatchObject({
      calls: 2,
      traced: 0,
      lost: [
        {
          report:
            'processor → storage: 2 calls arrived, 0 in a trace: processor does not pass the trace header on',
          advice:
            'Have processor start its telemetry before anything else, and make its calls with a client that passes the ' +
            'trace on: google_cloud_run_v2_service.processor.',
          resource: 'google_cloud_run_v2_service.processor',
          traceId: IN_TRACE,
        },
      ],
    });
  });

  test('says which variable has turned the telemetry of the caller off', () => {
    const [lost] = edge([arrived({ ...CALL, header: 'none' })], [], { turnedOff: 'processor' })?.lost ?? [];
    expect(lost?.report).toMatch(/^processor → storage: 1 call arrived, 0 in a trace: /);
    expect(lost?.advice).toBe(
      'OTEL_SDK_DISABLED is true in its environment, which turns its telemetry off: take that out of ' +
        'google_cloud_run_v2_service.processor.',
    );
  });

  test('says that a callee has no spans of what it got the header for, once they have had time to arrive', () => {
    const calls = [arrived(CALL), arrived({ ...CALL, traceId: OTHER, header: 'none' })];
    expect(edge(calls, ['processor'])?.lost).toEqual([
      expect.objectContaining({
        report:
          'processor → storage: 2 calls arrived, 0 in a trace: storage gets the trace header and has no spans: its ' +
          'telemetry is off, or its spans are lost (1 of them)',
        resource: 'google_cloud_run_v2_service.storage',
        traceId: IN_TRACE,
      }),
      expect.objectContaining({ resource: 'google_cloud_run_v2_service.processor', traceId: OTHER }),
    ]);
    expect(edge([arrived(CALL)], ['processor'], { nowMs: Date.parse('2026-03-01T09:30:01Z') })).toEqual(
      expect.not.objectContaining({ lost: expect.anything() }),
    );
    expect(edge([arrived(CALL)], ['processor'], { turnedOff: 'storage' })?.lost?.[0]?.report).toBe(
      'processor → storage: 1 call arrived, 0 in a trace: storage gets the trace header and sends no spans',
    );
  });

  test.each<[string, Arrived, Name[], number]>([
    ['the caller does not record either', { ...CALL, header: 'not sampled' }, ['processor'], 0],
    ['nobody has sent a span of', CALL, [], 0],
    ['the front end has refused', { ...CALL, status: 403, message: 'no role' }, ['processor'], 1],
  ])('says nothing of a call that %s', (_, call, inTrace, traced) => {
    const found = edge([arrived(call)], inTrace);
    expect(found).toMatchObject({ calls: 1, traced, refused: call.status === 403 ? 1 : 0 });
    expect(found).not.toHaveProperty('lost');
  });

  test('reports a call that its caller did not wait for, although the front end has logged why', () => {
    const message = 'the connection ended before the response did';
    expect(edge([arrived({ ...CALL, status: 499, message })], ['processor'])?.lost).toHaveLength(1);
  });

  test.each<Name>(['processor', 'storage'])('does not count calls from before its %s was made', (name) => {
    const calls = [arrived(CALL), arrived({ ...CALL, header: 'none' })];
    const times = { [name]: { createTime: LATER, updateTime: LATER } };
    expect(edge(calls, ['processor', 'storage'], { times })).toMatchObject({ calls: 0, traced: 0 });
  });

  test('reports no call of a revision that another one has taken the place of', () => {
    const changed = { updateTime: LATER };
    const [noHeader, noSpans] = [arrived({ ...CALL, header: 'none', traceId: OTHER }), arrived(CALL)];
    const lost = (call: LogEntry, name: Name) =>
      edge([call], ['processor'], { times: { [name]: changed } })?.lost;
    expect(lost(noHeader, 'processor')).toBeUndefined();
    expect(lost(noHeader, 'storage')).toHaveLength(1);
    expect(lost(noSpans, 'storage')).toBeUndefined();
    expect(lost(noSpans, 'processor')).toHaveLength(1);
  });
});
