import { createServer } from 'node:http';
import { bundleService, ChildService } from './child-service';
import { Collector, COLLECTOR_FAULTS } from './collector';
import { Gate } from './gate';
import { listenLocally, RecordingServer, send } from './http';

const bundle = bundleService();

let collector: Collector;
beforeEach(() => {
  collector = new Collector();
});
afterEach(() => collector.close());

describe('when the instance is stopped', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s loses neither open requests nor their spans',
    async (signal) => {
      // GIVEN 20 open requests
      const service = await ChildService.start(bundle, await collector.env());
      const ids = Array.from({ length: 20 }, (_, id) => id);
      const begun = service.begun(ids.length);
      const answers = ids.map((id) => send(`${service.url}/gated/${id}`));
      await begun;
      // WHEN the signal comes, and the work is done only after it
      service.signal(signal);
      await service.line(`${signal}: finishing 20 open requests`);
      service.tell('open');
      // THEN all are answered, told to connect elsewhere, and exported
      for (const answer of await Promise.all(answers)) {
        expect(answer).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
      }
      expect(await service.exit()).toEqual({ code: 0, signal: null });
      expect(collector.paths.toSorted()).toEqual(ids.map((id) => `/gated/${id}`).toSorted());
    },
  );

  test('a batch that is under way is waited for', async () => {
    // GIVEN a collector that has got a batch and not yet answered
    const received = new Gate();
    const answered = new Gate();
    collector.answer = async (response) => {
      received.open();
      await answered.opened;
      response.end();
    };
    const env = { ...(await collector.env()), OTEL_BSP_SCHEDULE_DELAY: '1' };
    const service = await ChildService.start(bundle, env);
    await send(`${service.url}/quick/1`);
    await received.opened;
    // WHEN the instance is stopped and the answer comes later
    service.signal('SIGTERM');
    await service.line('SIGTERM');
    answered.open();
    // THEN the process has waited for it
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    expect(service.messages).not.toContainEqual(expect.stringContaining('telemetry'));
  });

  test('a request that never ends is given up, and its span is sent like those of the others', async () => {
    const service = await ChildService.start(bundle, await collector.env());
    const begun = service.begun(1);
    const hanging = send(`${service.url}/gated/1`);
    hanging.catch(() => {});
    await begun;
    await send(`${service.url}/quick/2`);
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    await expect(hanging).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(service.messages).toContain('giving up 1 open requests after 4000 ms');
    expect(collector.paths.toSorted()).toEqual(['/gated/1', '/quick/2']);
  });

  test('an error that nobody catches while it ends makes the exit code 1', async () => {
    const service = await ChildService.start(bundle, await collector.env());
    const begun = service.begun(1);
    send(`${service.url}/gated/1`).catch(() => {});
    await begun;
    service.signal('SIGTERM');
    await service.line('SIGTERM');
    service.tell('throw');
    await service.line('uncaught error');
    service.tell('open');
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    expect(collector.paths).toEqual(['/gated/1']);
  });

  test('a second signal ends it at once', async () => {
    const service = await ChildService.start(bundle);
    const begun = service.begun(1);
    send(`${service.url}/gated/1`).catch(() => {});
    await begun;
    service.signal('SIGTERM');
    await service.line('SIGTERM');
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 1, signal: null });
  });
});

interface Outcome {
  readonly service: ChildService;
  readonly statuses: readonly number[];
  readonly end: unknown;
}

/** Serves five requests beside a collector with a fault, and stops. */
async function outlive(fault: string): Promise<[string, Outcome]> {
  const faulty = new Collector();
  const env = { ...(await faulty.env()), OTEL_BSP_SCHEDULE_DELAY: '1' };
  COLLECTOR_FAULTS[fault]?.(faulty);
  const service = await ChildService.start(bundle, env);
  const statuses: number[] = [];
  for (let id = 0; id < 5; id++) statuses.push((await send(`${service.url}/quick/${id}`)).status);
  service.signal('SIGTERM');
  const end = await service.exit();
  faulty.close();
  return [fault, { service, statuses, end }];
}

describe('when the collector', () => {
  const faults = Object.keys(COLLECTOR_FAULTS);

  // All at once, because most of them last until telemetry gives up.
  let outcomes: Map<string, Outcome>;
  beforeAll(async () => {
    outcomes = new Map(await Promise.all(faults.map(outlive)));
  });

  test.each(faults)('%s, requests are answered and the process ends in time', (fault) => {
    expect(outcomes.get(fault)).toMatchObject({
      statuses: [200, 200, 200, 200, 200],
      end: { code: 0, signal: null },
    });
  });

  test.each(faults)('%s, one line of the log says so', (fault) => {
    const { messages = [], stderr } = outcomes.get(fault)?.service ?? {};
    expect(messages.filter((message) => String(message).startsWith('telemetry: '))).toHaveLength(1);
    expect(stderr).toBe('');
  });
});

describe('when the process crashes', () => {
  test.each([
    ['throw', 'thrown'],
    ['reject', 'rejected'],
  ])('%s: one line says why, the spans so far are sent, the exit code is 1', async (how, message) => {
    const service = await ChildService.start(bundle, await collector.env());
    await send(`${service.url}/quick/1`);
    service.tell(how);
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    const critical = service.lines.filter(({ severity }) => severity === 'CRITICAL');
    expect(critical).toMatchObject([{ stack_trace: expect.stringContaining(`Error: ${message}`) }]);
    expect(collector.paths).toEqual(['/quick/1']);
  });

  test('open requests are kept at any ratio, with the reason on the one that crashed', async () => {
    // GIVEN a request that was answered well and one that is open, neither kept by the ratio
    const env = { ...(await collector.env()), OTEL_TRACES_SAMPLER_ARG: '0' };
    const service = await ChildService.start(bundle, env);
    await send(`${service.url}/quick/1`);
    const begun = service.begun(1);
    const open = send(`${service.url}/gated/2`).catch(() => 'cut off');
    await begun;
    // WHEN a third one crashes the process
    await expect(send(`${service.url}/crash/3`)).rejects.toThrow('socket hang up');
    // THEN the two that did not come to their end are sent
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    expect(await open).toBe('cut off');
    expect(collector.paths.toSorted()).toEqual(['/crash/3', '/gated/2']);
    expect(collector.text).toContain('thrown by a request');
  });

  test('a collector that never answers does not keep it alive, and what is lost by that is counted', async () => {
    collector.answer = () => {};
    const service = await ChildService.start(bundle, await collector.env());
    await send(`${service.url}/quick/1`);
    service.tell('throw');
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    expect(service.messages).toContain('spans dropped: 1 (not sent in time 1)');
  });
});

describe('a bundled service', () => {
  test('listens on all interfaces and keeps connections longer than the front end', async () => {
    const service = await ChildService.start(bundle);
    expect(JSON.parse((await send(`${service.url}/facts`)).body)).toMatchObject({
      keepAliveTimeoutMs: 620_000,
      address: { address: '0.0.0.0' },
    });
    service.signal('SIGTERM');
    await service.exit();
  });

  test('writes one access line per request, linked to its trace, and none for probes', async () => {
    const service = await ChildService.start(bundle, { GOOGLE_CLOUD_PROJECT: 'p-1' });
    expect((await send(`${service.url}/health`)).body).toBe('{"status":"ok"}');
    const traceId = 'a'.repeat(32);
    const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
    await send(`${service.url}/quick/1?key=secret`, { headers: { traceparent, 'user-agent': 'tester' } });
    await send(`${service.url}/nowhere`);
    service.signal('SIGTERM');
    await service.exit();
    const access = service.lines.filter((line) => 'httpRequest' in line);
    expect(access).toMatchObject([
      {
        severity: 'INFO',
        message: 'GET /quick/1 200',
        httpRequest: {
          requestMethod: 'GET',
          requestUrl: '/quick/1',
          status: 200,
          responseSize: '4',
          userAgent: 'tester',
          remoteIp: '127.0.0.1',
          protocol: 'HTTP/1.1',
          latency: expect.stringMatching(/^\d+\.\d{3}s$/),
        },
        'logging.googleapis.com/trace': `projects/p-1/traces/${traceId}`,
        'logging.googleapis.com/trace_sampled': true,
      },
      { severity: 'WARNING', message: 'GET /nowhere 404' },
    ]);
  });

  test('with OTEL_SDK_DISABLED=true has no spans, no access lines and no trace headers', async () => {
    const callee = new RecordingServer();
    const service = await ChildService.start(bundle, {
      ...(await collector.env()),
      OTEL_SDK_DISABLED: 'true',
    });
    expect(JSON.parse((await send(`${service.url}/facts`)).body)).toMatchObject({ traceId: 'none' });
    await send(`${service.url}/quick/1`);
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    callee.close();
    expect(collector.paths).toEqual([]);
    expect(service.lines.filter((line) => 'httpRequest' in line)).toEqual([]);
  });

  test('outside of Cloud Run and with nothing set says once that it exports nothing, and asks nobody', async () => {
    const metadata = new RecordingServer();
    const service = await ChildService.start(bundle, {
      GCE_METADATA_HOST: new URL(await listenLocally(metadata.server)).host,
    });
    expect((await send(`${service.url}/quick/1`)).status).toBe(200);
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    metadata.close();
    expect(metadata.requests).toEqual([]);
    expect(service.messages).toEqual([
      expect.stringMatching(/^spans are not exported: OTEL_TRACES_EXPORTER is none/),
      'GET /quick/1 200',
      'SIGTERM: finishing 0 open requests',
    ]);
    expect(service.stderr).toBe('');
  });

  test('reports each setting that it cannot use once, and serves', async () => {
    const service = await ChildService.start(bundle, {
      OTEL_TRACES_SAMPLER_ARG: 'some',
      OTEL_TRACES_EXPORTER: 'x',
    });
    expect((await send(`${service.url}/quick/1`)).status).toBe(200);
    service.signal('SIGTERM');
    await service.exit();
    expect(service.messages.filter((message) => String(message).startsWith('OTEL_'))).toEqual([
      "OTEL_TRACES_SAMPLER_ARG is 'some', allowed is a number from 0 to 1; using 1",
      "OTEL_TRACES_EXPORTER is 'x', allowed is gcp_trace | otlp | console | none; using none",
    ]);
  });

  test('serves and stops when Cloud Trace cannot be reached, and prints nothing on stderr', async () => {
    const env = {
      OTEL_TRACES_EXPORTER: 'gcp_trace',
      OTEL_BSP_SCHEDULE_DELAY: '1',
      GOOGLE_CLOUD_PROJECT: 'p-1',
      GCE_METADATA_HOST: '127.0.0.1:1',
      K_SERVICE: 'fixture',
      NO_PROXY: '*',
    };
    const service = await ChildService.start(bundle, env);
    const legacy = { 'x-cloud-trace-context': `${'c'.repeat(32)}/1;o=1` };
    expect((await send(`${service.url}/quick/1`, { headers: legacy })).status).toBe(200);
    service.signal('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    expect(service.messages.filter((message) => String(message).startsWith('telemetry: '))).toHaveLength(1);
    expect(service.stderr).toBe('');
  });

  test('gets its ID tokens from the metadata server', async () => {
    // GIVEN a metadata server and a callee
    const token = `e30.${Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url')}.x`;
    const metadata = createServer((_request, response) => {
      response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': 'text/html' }).end(token);
    });
    const callee = new RecordingServer();
    const env = {
      GCE_METADATA_HOST: new URL(await listenLocally(metadata)).host,
      K_CONFIGURATION: 'fixture',
    };
    const service = await ChildService.start(bundle, env);
    // WHEN the service calls the callee
    const headers = { 'x-callee': await listenLocally(callee.server) };
    expect((await send(`${service.url}/call`, { headers })).body).toBe('200');
    // THEN
    expect(callee.last.headers.authorization).toBe(`Bearer ${token}`);
    expect(callee.last.headers['traced-parent']).toBe(callee.last.headers['traceparent']);
    callee.close();
    metadata.close();
    metadata.closeAllConnections();
    service.signal('SIGTERM');
    await service.exit();
  });
});
