import { parseContainerLine } from '../../../local/logging/container-line';
import type { LogEntry } from '../../../local/logging/log-store';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const RECEIVED_AT = new Date('2026-03-01T09:30:00.000Z');

function parse(text: string, stream: 'stdout' | 'stderr' = 'stdout'): LogEntry {
  const source = { service: 'gateway', revision: 'gateway-00001-abc', location: 'europe-west1' };
  return parseContainerLine({ ...source, stream, text, projectId: 'local-test', receivedAt: RECEIVED_AT });
}

/** What the line adds to an entry without any special field. */
const BARE: LogEntry = parse('');

describe('parseContainerLine', () => {
  test('reads every special field of a JSON line and leaves the others as its payload', () => {
    const httpRequest = { requestMethod: 'POST', status: 200 };
    const line = {
      severity: 'NOTICE',
      message: 'document stored',
      timestamp: '2026-03-01T09:29:59.123Z',
      'logging.googleapis.com/trace': `projects/local-test/traces/${TRACE_ID}`,
      'logging.googleapis.com/spanId': '00f067aa0ba902b7',
      'logging.googleapis.com/trace_sampled': true,
      'logging.googleapis.com/labels': { tier: 'free' },
      'logging.googleapis.com/sourceLocation': { file: 'app.ts', line: '7' },
      httpRequest,
      document: 'd-1',
    };
    expect(parse(JSON.stringify(line))).toEqual({
      timestamp: '2026-03-01T09:29:59.123Z',
      severity: 'NOTICE',
      log: 'stdout',
      service: 'gateway',
      revision: 'gateway-00001-abc',
      location: 'europe-west1',
      message: 'document stored',
      traceId: TRACE_ID,
      spanId: '00f067aa0ba902b7',
      traceSampled: true,
      httpRequest,
      fields: {
        'logging.googleapis.com/labels': { tier: 'free' },
        'logging.googleapis.com/sourceLocation': { file: 'app.ts', line: '7' },
        document: 'd-1',
      },
    });
  });

  test.each<[string, string, Partial<LogEntry>]>([
    ['plain text', 'listening on 8080', { message: 'listening on 8080' }],
    ['an array', '[1]', { message: '[1]' }],
    ['half an object', '{"message":', { message: '{"message":' }],
    [
      'a bare trace id',
      `{"message":"m","logging.googleapis.com/trace":"${TRACE_ID}"}`,
      { message: 'm', traceId: TRACE_ID },
    ],
    ['a lower-case severity', '{"severity":"warn","message":"m"}', { severity: 'WARNING', message: 'm' }],
    ['a numeric severity', '{"severity":500,"message":"m"}', { severity: 'ERROR', message: 'm' }],
    [
      'a timestamp in seconds and nanoseconds',
      '{"timestamp":{"seconds":1772357399,"nanos":123456789},"message":"m"}',
      { timestamp: '2026-03-01T09:29:59.123Z', message: 'm' },
    ],
    [
      'a timestamp whose seconds are text',
      '{"timestamp":{"seconds":"1772357399"},"message":"m"}',
      { timestamp: '2026-03-01T09:29:59.000Z', message: 'm' },
    ],
    [
      'the field time',
      '{"time":"2026-03-01T10:29:59+01:00","message":"m"}',
      { timestamp: '2026-03-01T09:29:59.000Z', message: 'm' },
    ],
    ['no message', '{"a":1}', { message: '{"a":1}', fields: { a: 1 } }],
    ['no payload at all', '{}', { message: '' }],
  ])('understands %s', (_name, text, expected) => {
    expect(parse(text)).toEqual({ ...BARE, ...expected });
  });

  test.each<[string, Record<string, unknown>]>([
    ['a severity nobody knows', { severity: 'constructor' }],
    ['a severity out of range', { severity: 9e9 }],
    ['a message that is no text', { message: { a: 1 } }],
    ['a timestamp that is none', { timestamp: 'yesterday' }],
    ['a timestamp beyond all calendars', { timestamp: { seconds: 1e300 } }],
    ['a trace of another project', { 'logging.googleapis.com/trace': `projects/other/traces/${TRACE_ID}` }],
    ['a trace id of zeroes', { 'logging.googleapis.com/trace': '0'.repeat(32) }],
    ['a decimal span id', { 'logging.googleapis.com/spanId': 12 }],
    ['a sampled flag that is text', { 'logging.googleapis.com/trace_sampled': 'true' }],
    ['a request that is a list', { httpRequest: [] }],
  ])('keeps %s among the other fields', (_name, fields) => {
    const line = { text: 'x', ...fields };
    expect(parse(JSON.stringify(line))).toEqual({ ...BARE, message: JSON.stringify(line), fields: line });
  });

  test('gives plain text on stderr no severity, as Cloud Run does', () => {
    expect(parse('boom', 'stderr')).toEqual({ ...BARE, log: 'stderr', message: 'boom' });
  });

  test('keeps a payload as text that is too deep to be written again', () => {
    const text = `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
    expect(parse(text)).toEqual({ ...BARE, message: text });
  });

  test('keeps 256 KiB of a line and no half character', () => {
    const { message } = parse('€'.repeat(100_000));
    expect(message).toBe('€'.repeat(Math.floor((256 * 1024) / 3)));
  });

  test('does not let a payload reach the prototype of objects', () => {
    const { fields } = parse('{"message":"m","__proto__":{"polluted":true}}');
    expect(Object.keys(fields ?? {})).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });
});
