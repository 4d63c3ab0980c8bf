import type { Logs } from '../../../services/telemetry/log';
import { CapturedLog } from './captured-log';

let captured: CapturedLog;
let log: Logs['log'];
beforeEach(() => {
  captured = new CapturedLog();
  ({ log } = captured);
});

const throwing = {
  get secretPlan(): never {
    throw new Error('no');
  },
};

const FORGED = JSON.parse(
  `{"severity":"EMERGENCY","message":"forged","timestamp":"x","stack_trace":"x","__proto__":{"x":1},
    "logging.googleapis.com/trace":"x"}`,
);

describe('bindings of a child', () => {
  test('are fields of its lines, and of those of its own children', () => {
    const child = log.child({ requestId: 'r-1' });
    child.child({ documentId: 'd-1' }).info({ bytes: 3 }, 'stored');
    expect(captured.onlyRecord).toMatchObject({
      severity: 'INFO',
      requestId: 'r-1',
      documentId: 'd-1',
      bytes: 3,
      message: 'stored',
    });
  });

  test.each<[string, (bindings: object) => Logs['log']]>([
    ['given to a child', (bindings) => log.child(bindings)],
    ['given to the child of a child', (bindings) => log.child({ a: 1 }).child(bindings)],
    [
      'set later',
      (bindings) => {
        const child = log.child({});
        child.setBindings(bindings);
        return child;
      },
    ],
  ])('cannot pose as a severity, a trace or a time: %s', (_case, make) => {
    make(FORGED).info('real');
    const record = captured.onlyRecord;
    expect(record).toMatchObject({ severity: 'INFO', message: 'real', _severity: 'EMERGENCY' });
    expect(record).not.toHaveProperty(['logging.googleapis.com/trace']);
    expect(captured.lines[0]?.match(/"(?:severity|message|timestamp)":/g)).toHaveLength(3);
  });

  test.each<[string, unknown, unknown]>([
    ['BigInt', 12345678901234567890n, '12345678901234567890'],
    ['NaN', Number.NaN, 'NaN'],
    ['a function', () => 1, '[Function]'],
    ['a throwing getter', throwing, { secretPlan: '[Unreadable]' }],
    ['a long text', 'x'.repeat(5_000_000), expect.stringMatching(/^x{16384}\[cut\]$/)],
    ['an error', new TypeError('broken'), expect.objectContaining({ type: 'TypeError', message: 'broken' })],
  ])('are written whatever they are: %s', (_case, value, expected) => {
    log.child({ value }).info('m');
    expect(captured.onlyRecord).toMatchObject({ message: 'm', value: expected });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
          getPrototypeOf: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    ['a member that hides a method', { hasOwnProperty: 1 }],
  ])('may be %s', (_case, bindings) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JavaScript may pass
    const child = log.child(bindings as object);
    child.info('m');
    expect(captured.onlyRecord).toMatchObject({ severity: 'INFO', message: 'm' });
  });

  test('are read once, for all lines', () => {
    let reads = 0;
    const child = log.child({
      get id(): string {
        reads += 1;
        return 'a';
      },
    });
    child.info('one');
    child.info('two');
    expect(captured.records).toEqual([
      expect.objectContaining({ id: 'a' }),
      expect.objectContaining({ id: 'a' }),
    ]);
    expect(reads).toBe(1);
  });
});

describe('options of a child', () => {
  test('are those of pino', () => {
    const child = log.child({ job: { id: 7 } }, { level: 'warn', msgPrefix: '[job] ' });
    child.info('unheard');
    child.warn('late');
    expect(captured.onlyRecord).toMatchObject({ job: { id: 7 }, message: '[job] late' });
  });

  test('may have serializers, whose failure takes nothing from a line but the fields', () => {
    const broken = {
      document: (): never => {
        throw new Error('no');
      },
    };
    log.child({ document: 1 }, { serializers: broken }).info('one');
    log.child({}, { serializers: broken }).error({ document: 1 }, 'two');
    expect(captured.records).toEqual([
      expect.objectContaining({ severity: 'INFO', message: 'one', bindings: '[Unreadable]' }),
      expect.objectContaining({ severity: 'ERROR', message: 'two' }),
    ]);
  });

  test('that are a mistake are refused as ever', () => {
    expect(() => log.child({}, { level: 'loud' })).toThrow('unknown level loud');
  });
});
