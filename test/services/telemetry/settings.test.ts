import {
  describeProblem,
  parseBucket,
  parseCallee,
  parseTelemetrySettings,
  renderBucket,
  renderCallee,
  renderTelemetrySettings,
} from '../../../services/telemetry/settings';

describe('telemetry settings', () => {
  test('what the construct renders is what the service reads', () => {
    const settings = {
      serviceName: 'gateway',
      projectId: 'p-1',
      region: 'europe-west1',
      environment: 'production',
      exporter: 'gcp_trace',
      samplingRatio: 0.1,
      trustCaller: true,
    } as const;
    expect(parseTelemetrySettings(renderTelemetrySettings(settings))).toEqual({
      settings: { ...settings, disabled: false },
      problems: [],
    });
  });
});
void [describeProblem, parseBucket, parseCallee, renderBucket, renderCallee];
