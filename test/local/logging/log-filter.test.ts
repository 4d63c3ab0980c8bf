import { parseLogFilter } from '../../../local/logging/log-filter';
import type { LogEntry } from '../../../local/logging/log-store';
import { log } from '../trace/pipeline-trace';

const REQUEST = log('gateway-local', 'a1', 0, '', {
  log: 'requests',
  severity: 'ERROR',
  httpRequest: {
    requestMethod: 'POST',
    requestUrl: 'http://127.0.0.1:4000/process',
    status: 504,
    latency: '1.004200s',
  },
});
const LINE = log('storage-local', 'c1', 0, 'document stored', {
  fields: { bytes: 1200, user: { id: 'u-1' } },
});
const TEXT = log('storage-local', 'c1', 0, 'Plain TEXT');

describe('a filter of the Logging query language', () => {
  test.each<[string, LogEntry, boolean]>([
    ['resource.type="cloud_run_revision"', REQUEST, true],
    ['resource.labels.service_name="gateway-local"', REQUEST, true],
    ['resource.labels.location="europe-west2"', REQUEST, false],
    ['log_id("run.googleapis.com/requests")', REQUEST, true],
    ['log_id("run.googleapis.com/requests")', LINE, false],
    ['httpRequest.latency:*', REQUEST, true],
    ['httpRequest.latency:*', LINE, false],
    ['httpRequest.latency>"1s"', REQUEST, true],
    ['httpRequest.latency>"1004.2ms"', REQUEST, false],
    ['httpRequest.status>=500', REQUEST, true],
    ['httpRequest.status=504', REQUEST, true],
    ['httpRequest.status=(502 OR 503)', REQUEST, false],
    ['NOT httpRequest.requestUrl=~"^https?://[^/]+/health$"', REQUEST, true],
    ['NOT httpRequest.requestUrl=~"^https?://[^/]+/process$"', REQUEST, false],
    ['-httpRequest.requestUrl=~"/process$"', REQUEST, false],
    ['httpRequest.requestUrl!~"/health$"', REQUEST, true],
    ['httpRequest.requestMethod=~"(?i)^post$"', REQUEST, true],
    ['severity>=WARNING', REQUEST, true],
    ['severity<error', REQUEST, false],
    ['severity=INFO', LINE, true],
    ['jsonPayload.bytes>999', LINE, true],
    ['jsonPayload.user.id="U-1"', LINE, true],
    ['jsonPayload.message:"STORED"', LINE, true],
    ['textPayload:"plain text"', TEXT, true],
    ['textPayload:*', LINE, false],
    // A field that is not there compares with nothing, not even as different.
    ['jsonPayload.missing!="x"', LINE, false],
    ['NOT jsonPayload.missing="x"', LINE, true],
  ])('%s', (filter, entry, expected) => {
    expect(parseLogFilter(filter)(entry)).toBe(expected);
  });

  test('binds OR closer than AND, and takes lines for terms', () => {
    // Read the other way round, both would be true.
    expect(parseLogFilter('severity=ERROR OR severity=INFO AND severity=INFO')(REQUEST)).toBe(false);
    expect(parseLogFilter('severity=ERROR\nhttpRequest.status=200 -- not this one')(REQUEST)).toBe(false);
    expect(parseLogFilter('(severity=ERROR AND httpRequest.status=504) OR severity=INFO')(LINE)).toBe(true);
  });

  test.each([
    ['out of memory', "the search for 'out' in all fields is not evaluated"],
    ['"out of memory"', "the search for 'out of memory' in all fields is not evaluated"],
    ['labels.x="y"', "the local cloud does not keep the field 'labels.x'"],
    [
      'resource.labels.project_id="p"',
      "the local cloud does not keep the field 'resource.labels.project_id'",
    ],
    ['severity=HIGH', "'HIGH' is no severity"],
    ['sample(insertId, 0.1)', "the search for 'sample' in all fields is not evaluated"],
    ['textPayload=~"("', "the regular expression '(' is not understood"],
    ['(severity=ERROR', "')' is missing before 'the end'"],
    ['severity=', 'the filter ends where a value is expected'],
    ['severity=ERROR)', "')' is not understood"],
  ])('that says %s is refused by name', (filter, reason) => {
    expect(() => parseLogFilter(filter)).toThrow(reason);
  });
});
