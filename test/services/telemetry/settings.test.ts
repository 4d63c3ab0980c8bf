import { describeProblem } from '../../../services/telemetry/setting-problem';
import {
  parseBucket,
  parseCallee,
  parseTelemetrySettings,
  renderBucket,
  renderCallee,
  renderTelemetrySettings,
} from '../../../services/telemetry/settings';

const DEFAULTS = {
  serviceName: 'unknown_service',
  projectId: undefined,
  region: undefined,
  environment: undefined,
  resourceAttributes: {},
  exporter: 'none',
  samplingRatio: 1,
  keepErrors: true,
  keepSlowerThanMs: undefined,
  trustCaller: false,
  flush: 'background',
  debugLogs: false,
  disabled: false,
};

describe('telemetry settings', () => {
  test('what the construct renders is what the service reads', () => {
    const settings = {
      serviceName: 'gateway',
      projectId: 'p-1',
      region: 'europe-west1',
      environment: 'production',
      exporter: 'gcp_trace',
      samplingRatio: 0.1,
      keepErrors: false,
      keepSlowerThanMs: 800,
      trustCaller: true,
      flush: 'request',
      debugLogs: true,
    } as const;
    const resourceAttributes = {
      'gcp.project_id': 'p-1',
      'cloud.region': 'europe-west1',
      'deployment.environment.name': 'production',
    };
    expect(parseTelemetrySettings(renderTelemetrySettings(settings))).toEqual({
      settings: { ...settings, resourceAttributes, disabled: false },
      problems: [],
    });
  });

  test('values that the construct does not know are not rendered', () => {
    const rendered = renderTelemetrySettings({
      serviceName: 's',
      exporter: 'none',
      samplingRatio: 1,
      keepErrors: true,
      trustCaller: false,
      flush: 'background',
      debugLogs: false,
      region: 'r',
    });
    expect(rendered['OTEL_RESOURCE_ATTRIBUTES']).toBe('cloud.region=r');
    expect(rendered).not.toHaveProperty('TRACED_KEEP_SLOWER_THAN_MS');
  });

  test.each([
    ['nothing is set', {}, {}],
    ['all is empty', { OTEL_SERVICE_NAME: ' ', OTEL_TRACES_EXPORTER: '', OTEL_TRACES_SAMPLER_ARG: ' ' }, {}],
    ['only Cloud Run speaks', { K_SERVICE: 'svc' }, { serviceName: 'svc', exporter: 'gcp_trace' }],
    [
      'the resource names the service',
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a' },
      { serviceName: 'a', resourceAttributes: { 'service.name': 'a' } },
    ],
    [
      'the name is set and the resource has another',
      { OTEL_SERVICE_NAME: 'b', OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', K_SERVICE: 'c' },
      { serviceName: 'b', exporter: 'gcp_trace', resourceAttributes: { 'service.name': 'a' } },
    ],
    ['the project comes from Google', { GOOGLE_CLOUD_PROJECT: 'p' }, { projectId: 'p' }],
    [
      'the resource has the project',
      { OTEL_RESOURCE_ATTRIBUTES: 'gcp.project_id = q ,cloud.region=', GOOGLE_CLOUD_PROJECT: 'p' },
      { projectId: 'q', resourceAttributes: { 'gcp.project_id': 'q', 'cloud.region': '' } },
    ],
    ['the sampler is always_on', { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0' }, {}],
    ['the sampler is always_off', { OTEL_TRACES_SAMPLER: 'always_off' }, { samplingRatio: 0 }],
    ['the ratio is 0', { OTEL_TRACES_SAMPLER_ARG: '0' }, { samplingRatio: 0 }],
    ['the ratio is 1e-3', { OTEL_TRACES_SAMPLER_ARG: ' 1e-3 ' }, { samplingRatio: 0.001 }],
    ['failed traces are not kept', { TRACED_KEEP_ERRORS: 'false' }, { keepErrors: false }],
    ['slow traces are kept', { TRACED_KEEP_SLOWER_THAN_MS: ' 800 ' }, { keepSlowerThanMs: 800 }],
    ['booleans are capitalised', { OTEL_SDK_DISABLED: 'TRUE' }, { disabled: true }],
  ])('when %s, the rest are defaults and nothing is reported', (_case, env, expected) => {
    expect(parseTelemetrySettings(env)).toEqual({ settings: { ...DEFAULTS, ...expected }, problems: [] });
  });

  test.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'gcp_trace | otlp | console | none', 'none'],
    [
      'OTEL_TRACES_SAMPLER',
      'jaeger',
      'parentbased_traceidratio | always_on | always_off',
      'parentbased_traceidratio',
    ],
    ['OTEL_TRACES_SAMPLER_ARG', '10%', 'a number from 0 to 1', '1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.01', 'a number from 0 to 1', '1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1', 'a number from 0 to 1', '1'],
    ['TRACED_KEEP_ERRORS', 'always', 'true | false', 'true'],
    ...['0', '3600001', 'slow'].map((got) => [
      'TRACED_KEEP_SLOWER_THAN_MS',
      got,
      'milliseconds from 1 to 3600000',
      'none',
    ]),
    ['TRACED_TRUST_CALLER', 'yes', 'true | false', 'false'],
    ['TRACED_FLUSH', 'always', 'background | request', 'background'],
    ['TRACED_DEBUG_LOGS', 'kept', 'true | false', 'false'],
    ['OTEL_SDK_DISABLED', '1', 'true | false', 'false'],
  ])('%s=%s is reported and replaced by its default', (variable, got, allowed, used) => {
    const { settings, problems } = parseTelemetrySettings({ [variable]: got });
    expect(settings).toEqual(DEFAULTS);
    expect(problems).toEqual([{ variable, got, allowed, used }]);
    expect(problems.map(describeProblem)).toEqual([
      `${variable} is '${got}', allowed is ${allowed}; using ${used}`,
    ]);
  });
});

test('resource attributes that cannot be read are none, and other settings are as they would be', () => {
  const env = {
    OTEL_RESOURCE_ATTRIBUTES: 'junk,gcp.project_id=q',
    GOOGLE_CLOUD_PROJECT: 'p',
    TRACED_FLUSH: 'x',
  };
  const { settings, problems } = parseTelemetrySettings(env);
  expect(settings).toEqual({ ...DEFAULTS, projectId: 'p' });
  expect(problems.map(({ variable }) => variable)).toEqual(['OTEL_RESOURCE_ATTRIBUTES', 'TRACED_FLUSH']);
});

describe('callee settings', () => {
  test('what the construct renders is what the service reads', () => {
    const callee = { url: 'https://word-counter.example', deadlineMs: 1_000 };
    const env = renderCallee('word-counter', callee);
    expect(env).toEqual({
      WORD_COUNTER_URL: 'https://word-counter.example',
      WORD_COUNTER_DEADLINE_MS: '1000',
    });
    expect(parseCallee(env, 'word-counter')).toEqual({ callee, problems: [] });
  });

  test('the URL has no slash at its end, because paths begin with one', () => {
    const env = { A_URL: ' http://a.example// ', A_DEADLINE_MS: '5' };
    expect(parseCallee(env, 'a').callee.url).toBe('http://a.example');
  });

  test.each([
    [{}, 'A_URL is not set; calls(a) on the calling construct writes it'],
    [{ A_URL: ' ' }, 'A_URL is not set'],
    [{ A_URL: 'a.example' }, "A_URL is 'a.example'; it must be an http or https URL"],
    [{ A_URL: 'file:///etc/passwd' }, 'it must be an http or https URL'],
  ])('without a usable URL it throws: %j', (env, message) => {
    expect(() => parseCallee(env, 'a')).toThrow(message);
  });

  test.each(['', '0', '-1', '3600001', 'soon'])(
    'the deadline %j is reported and replaced by 10 s',
    (text) => {
      expect(parseCallee({ A_URL: 'http://a', A_DEADLINE_MS: text }, 'a')).toEqual({
        callee: { url: 'http://a', deadlineMs: 10_000 },
        problems: [
          { variable: 'A_DEADLINE_MS', got: text, allowed: 'milliseconds from 1 to 3600000', used: '10000' },
        ],
      });
    },
  );
});

describe('bucket settings', () => {
  test('what the construct renders is what the service reads', () => {
    const bucket = { bucket: 'p-documents', location: 'EUROPE-WEST1' };
    const env = renderBucket('documents', bucket);
    expect(env).toEqual({ DOCUMENTS_BUCKET: 'p-documents', DOCUMENTS_BUCKET_LOCATION: 'EUROPE-WEST1' });
    expect(parseBucket(env, 'documents')).toEqual(bucket);
  });

  test.each(['DOCUMENTS_BUCKET', 'DOCUMENTS_BUCKET_LOCATION'])('without %s it throws', (missing) => {
    const env = { ...renderBucket('documents', { bucket: 'b', location: 'L' }), [missing]: undefined };
    expect(() => parseBucket(env, 'documents')).toThrow(
      `${missing} is not set; addBucket('documents') on the construct writes it`,
    );
  });
});
