import { spawnSync } from 'node:child_process';
import type { Logs } from '../../../services/telemetry/log';
import { CapturedLog } from './captured-log';
import { withStacks } from './with-stacks';

const REPORTED = 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent';
const SERVICE_CONTEXT = { service: 'gateway', version: 'gateway-00001' };
const SOURCE_LOCATION = 'logging.googleapis.com/sourceLocation';

let captured: CapturedLog;
let log: Logs['log'];
beforeEach(() => {
  captured = new CapturedLog();
  ({ log } = captured);
});

const failure = (): Error => new Error('outer', { cause: new TypeError('inner') });

describe('an error is reported with its chain of causes', () => {
  test.each<[string, () => void]>([
    ['alone', () => log.error(failure())],
    ['as err', () => log.error({ err: failure() }, 'outer')],
    ['under another name', () => log.fatal({ reason: failure() }, 'outer')],
    ['below other fields', () => log.error({ job: { attempts: [{ failedWith: failure() }] } }, 'outer')],
    ['in a map', () => log.error({ failures: new Map([['first', failure()]]) }, 'outer')],
  ])('logged %s', (_case, write) => {
    write();
    const { stack_trace: stackTrace, serviceContext, message, '@type': type } = captured.onlyRecord;
    expect({ message, serviceContext, type }).toEqual({ message: 'outer', serviceContext: SERVICE_CONTEXT });
    expect(stackTrace).toMatch(/^Error: outer\n {4}at [\s\S]+\nCaused by: TypeError: inner\n {4}at /);
  });

  test('the one nearest to the top, where there are several', () => {
    log.error({ job: { failedWith: new Error('deep') }, reason: new Error('near') });
    expect(captured.onlyRecord).toMatchObject({
      message: 'near',
      stack_trace: expect.stringMatching(/^Error: near\n/),
    });
  });

  test('and the errors of an AggregateError are told', () => {
    log.error(new AggregateError([new Error('first'), new TypeError('second')], 'all failed'));
    expect(captured.onlyRecord).toMatchObject({
      stack_trace: expect.stringMatching(/^AggregateError: all failed\n/),
      err: { errors: [{ message: 'first' }, { type: 'TypeError', message: 'second' }] },
    });
  });

  test('which is cut where it has no end', () => {
    const error = new Error('x');
    error.cause = error;
    log.error(error);
    expect(captured.onlyRecord).toMatchObject({ err: { cause: '[Circular]' } });
  });

  test('which may be a getter that throws', () => {
    const error = Object.defineProperty(new Error('x'), 'cause', {
      get: () => {
        throw new Error('no');
      },
    });
    log.error(error);
    expect(captured.onlyRecord).toMatchObject({
      message: 'x',
      stack_trace: expect.stringMatching(/^Error: x/),
    });
  });
});

describe('without an error', () => {
  test.each<[string, () => void, string]>([
    ['a text', () => log.error('the disk is full'), 'the disk is full'],
    ['a text with fields', () => log.fatal({ disk: 'a' }, '%s is full', 'a'), '%s is full'],
    ['what was thrown and is no error', () => log.error({ err: 'thrown text' }), 'thrown text'],
    ['an object that was thrown', () => log.error({ err: { code: 7 } }), '{"code":7}'],
  ])('%s is reported by where it was logged', (_case, write, message) => {
    write();
    const record = captured.onlyRecord;
    expect(record).toMatchObject({
      '@type': REPORTED,
      serviceContext: SERVICE_CONTEXT,
      context: { reportLocation: { filePath: __filename, lineNumber: expect.any(Number) } },
    });
    expect(record['message']).toBe(message.replace('%s', 'a'));
    expect(record).not.toHaveProperty('stack_trace');
  });

  test('and without a message there is nothing to report', () => {
    log.error({ code: 7 });
    expect(captured.onlyRecord).not.toHaveProperty(['@type']);
    expect(captured.onlyRecord).toMatchObject({ severity: 'ERROR', code: 7 });
  });
});

describe('a warning is not reported', () => {
  test.each<[string, () => void]>([
    ['with an error', () => log.warn({ err: failure() })],
    ['with a text', () => log.warn('outer')],
  ])('%s', (_case, write) => {
    write();
    const record = captured.onlyRecord;
    expect(record['message']).toBe('outer');
    for (const key of ['stack_trace', '@type', 'serviceContext', 'context', SOURCE_LOCATION])
      expect(record).not.toHaveProperty([key]);
  });

  test('but keeps its error', () => {
    log.warn({ err: failure() });
    expect(captured.onlyRecord).toMatchObject({
      err: { type: 'Error', message: 'outer', cause: { type: 'TypeError', message: 'inner' } },
    });
  });
});

/** Line of this file that calls it. */
function here(): number {
  const [, , frame = ''] = String(new Error('here').stack).split('\n');
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}

describe('an error says where it was logged', () => {
  test.each<[string, () => number]>([
    ['by the logger', () => (log.error('x'), here())],
    ['by a child of a child', () => (log.child({ a: 1 }).child({ b: 2 }).error('x'), here())],
    ['with an error', () => (log.fatal(failure()), here())],
  ])('%s', (_case, write) => {
    const line = write();
    const location = captured.onlyRecord[SOURCE_LOCATION];
    expect(location).toEqual({ file: __filename, line: String(line), function: expect.any(String) });
  });

  test('with the name of the function, which may be asynchronous', () => {
    const script = `require('tsx/cjs');
      const { log } = require('./services/telemetry/log');
      async function storeDocument() {
        await undefined;
        log.error('not stored');
      }
      void storeDocument();`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(JSON.parse(stdout)[SOURCE_LOCATION]).toEqual({
      file: '[eval]',
      line: '5',
      function: 'storeDocument',
    });
  });

  test('and is written all the same where stacks are switched off, or somebody shapes them', () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    log.error('without');
    expect(Error.stackTraceLimit).toBe(0);
    Error.stackTraceLimit = stackTraceLimit;
    withStacks([], () => log.error('shaped'));
    expect(captured.records).toEqual([
      expect.objectContaining({ message: 'without', '@type': REPORTED }),
      expect.objectContaining({ message: 'shaped', '@type': REPORTED }),
    ]);
  });
});
