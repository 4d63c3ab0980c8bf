import { context, propagation, trace, type Span } from '@opentelemetry/api';
import { core, type tracing } from '@opentelemetry/sdk-node';
import { log } from '../../../services/telemetry/log';
import { startTelemetry } from '../../../services/telemetry/start-telemetry';

log.level = 'silent';

function exporterWith(overrides: Partial<tracing.SpanExporter>): tracing.SpanExporter {
  return {
    export: (_spans, done) => done({ code: core.ExportResultCode.SUCCESS }),
    shutdown: () => Promise.resolve(),
    ...overrides,
  };
}

function recordSpan(): Span {
  const span = trace.getTracer('test').startSpan('work');
  span.end();
  return span;
}

function resourceOf(span: Span): unknown {
  return 'resource' in span ? span.resource : undefined;
}

describe('starting telemetry', () => {
  test('on Cloud Run describes the service without asking anybody', async () => {
    const telemetry = startTelemetry({
      K_SERVICE: 'gateway',
      K_REVISION: 'gateway-00001',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_RESOURCE_ATTRIBUTES:
        'gcp.project_id=p-1,cloud.region=europe-west1,deployment.environment.name=staging',
    });
    const resource = resourceOf(recordSpan());
    await telemetry.shutdown();
    expect(resource).toMatchObject({
      asyncAttributesPending: false,
      attributes: {
        'service.name': 'gateway',
        'gcp.project_id': 'p-1',
        'cloud.provider': 'gcp',
        'cloud.platform': 'gcp_cloud_run',
        'cloud.region': 'europe-west1',
        'deployment.environment.name': 'staging',
        'faas.name': 'gateway',
        'faas.version': 'gateway-00001',
      },
    });
  });

  test('adds all that OTEL_RESOURCE_ATTRIBUTES says, which counts for more than what is found', async () => {
    const telemetry = startTelemetry({
      K_SERVICE: 'gateway',
      OTEL_SERVICE_NAME: 'front',
      OTEL_RESOURCE_ATTRIBUTES: 'team=pay%2Cments,faas.name=mine,service.name=other',
    });
    const resource = resourceOf(recordSpan());
    await telemetry.shutdown();
    expect(resource).toMatchObject({
      attributes: { team: 'pay,ments', 'faas.name': 'mine', 'service.name': 'front' },
    });
  });

  test('elsewhere says nothing of a cloud', async () => {
    const telemetry = startTelemetry({ OTEL_SERVICE_NAME: 's' });
    const resource = resourceOf(recordSpan());
    await telemetry.shutdown();
    expect(resource).toHaveProperty(['attributes', 'service.name'], 's');
    for (const name of ['cloud.provider', 'cloud.platform', 'faas.name', 'gcp.project_id']) {
      expect(resource).not.toHaveProperty(['attributes', name]);
    }
  });

  test('a second time returns the telemetry that runs; after a shutdown it starts anew', async () => {
    const first = startTelemetry({});
    expect(startTelemetry({})).toBe(first);
    await first.shutdown();
    const second = startTelemetry({});
    expect(second).not.toBe(first);
    expect(recordSpan().spanContext().traceId).toMatch(/[1-9a-f]/);
    await second.shutdown();
  });

  test('with OTEL_SDK_DISABLED=true installs nothing', async () => {
    const telemetry = startTelemetry({ OTEL_SDK_DISABLED: 'true' });
    expect(recordSpan().spanContext().traceId).toBe('0'.repeat(32));
    expect(propagation.fields()).toEqual([]);
    const key = Symbol('k');
    context.with(context.active().setValue(key, 1), () =>
      expect(context.active().getValue(key)).toBeUndefined(),
    );
    await telemetry.shutdown();
  });
});

describe('stopping telemetry', () => {
  test('sends what is queued, once however often it is called', async () => {
    const names: string[] = [];
    let shutdowns = 0;
    const exporter = exporterWith({
      export: (spans, done) => {
        names.push(...spans.map(({ name }) => name));
        done({ code: core.ExportResultCode.SUCCESS });
      },
      shutdown: async () => {
        shutdowns += 1;
      },
    });
    const telemetry = startTelemetry({}, { exporter });
    recordSpan();
    await Promise.all([telemetry.shutdown(), telemetry.shutdown()]);
    await telemetry.shutdown();
    expect(names).toEqual(['work']);
    expect(shutdowns).toBeGreaterThan(0);
  });

  test.each<[string, Partial<tracing.SpanExporter>]>([
    [
      'fails',
      { export: (_spans, done) => done({ code: core.ExportResultCode.FAILED, error: new Error('x') }) },
    ],
    [
      'throws',
      {
        export: () => {
          throw new Error('x');
        },
      },
    ],
    ['cannot shut down', { shutdown: () => Promise.reject(new Error('x')) }],
    ['never shuts down', { shutdown: () => new Promise(() => {}) }],
  ])('never rejects and comes to an end when the exporter %s', async (_case, overrides) => {
    const telemetry = startTelemetry({}, { exporter: exporterWith(overrides) });
    recordSpan();
    await expect(telemetry.shutdown()).resolves.toBeUndefined();
  });
});
