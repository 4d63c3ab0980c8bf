import * as fc from 'fast-check';
import { columnsOfText } from '../../../local/logging/terminal-text';
import { decodeExport } from '../../../local/trace/otlp-codec';
import { toOtlpJson } from '../../../local/trace/otlp-export';
import { fromOtlp } from '../../../local/trace/otlp-spans';
import type { AttributeValue, Span } from '../../../local/trace/span';
import { buildTraceTree, type TraceNode } from '../../../local/trace/trace-tree';
import { renderBar } from '../../../local/trace/waterfall-bar';
import { renderWaterfall } from '../../../local/trace/waterfall';
import { criticalPath } from '../../../local/trace/critical-path';
import { log, span } from './pipeline-trace';

const id = fc.integer({ min: 1, max: 12 }).map((number) => number.toString(16));
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('\u001B[2J', 'a\nb', '\u202Eabc', '文書を保存する', '👩‍💻 saved', 'e\u0301', ''),
);
const spans: fc.Arbitrary<Span[]> = fc.uniqueArray(
  fc
    .record({
      spanId: id,
      parent: fc.option(id, { nil: undefined }),
      service: hostileText,
      name: hostileText,
      offset: fc.integer({ min: 0, max: 100_000 }),
      duration: fc.integer({ min: -10, max: 100_000 }),
      status: fc.constantFrom<Span['status']>('unset', 'ok', 'error'),
      kind: fc.constantFrom<Span['kind']>('internal', 'server', 'client'),
      statusMessage: hostileText,
    })
    .map(({ spanId, parent, service, name, offset, duration, ...more }) =>
      span(spanId, parent, service, name, [offset / 100, duration / 100], more),
    ),
  { selector: ({ spanId }) => spanId, maxLength: 12 },
);

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Without what is absent and what is empty alike on the wire. */
function byId(sent: readonly Span[]): Map<string, Span> {
  return new Map(
    sent.map(({ statusMessage, ...rest }) => [
      rest.spanId,
      { ...rest, ...(statusMessage && { statusMessage }) },
    ]),
  );
}

function idsOf(nodes: readonly TraceNode[]): string[] {
  return nodes.flatMap((node) => [node.span.spanId, ...idsOf(node.children)]);
}

test('every span stands in the tree exactly once, whatever its parent says', () => {
  fc.assert(
    fc.property(spans, (sent) => {
      expect(idsOf(buildTraceTree(sent, [])).toSorted()).toEqual(sent.map(({ spanId }) => spanId).toSorted());
    }),
  );
});

test('critical path and dark times are the time of the root, without gap or overlap, each within its span', () => {
  fc.assert(
    fc.property(spans, (sent) => {
      const { segments, darkTimes } = criticalPath(sent, []);
      const byId = new Map(sent.map((one) => [one.spanId, one]));
      const parts = [...segments, ...darkTimes.map((time) => ({ ...time, spanId: time.parentSpanId }))];
      const root = buildTraceTree(sent, [])[0]?.span;
      let at = root?.startUnixNano ?? 0n;
      for (const part of parts.toSorted((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : 1))) {
        expect(part.startUnixNano).toBe(at);
        expect(part.endUnixNano).toBeGreaterThan(part.startUnixNano);
        expect(byId.get(part.spanId)?.startUnixNano).toBeLessThanOrEqual(part.startUnixNano);
        expect(byId.get(part.spanId)?.endUnixNano).toBeGreaterThanOrEqual(part.endUnixNano);
        at = part.endUnixNano;
      }
      const { startUnixNano = 0n, endUnixNano = 0n } = root ?? {};
      expect(at).toBe(endUnixNano > startUnixNano ? endUnixNano : startUnixNano);
    }),
  );
});

const attributeValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    // JSON has neither a negative zero nor what is not finite; the latter is stored by its name.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;

test('a trace that is exported and sent to an OTLP endpoint again is the same trace', () => {
  const attributes = fc.dictionary(fc.string({ unit: 'grapheme' }), attributeValue, {
    noNullPrototype: true,
  });
  const text = fc.string({ unit: 'grapheme' });
  const dressed = fc.record({ sent: spans, attributes, text, kind: fc.constantFrom<Span['kind']>(...KINDS) });
  fc.assert(
    fc.property(dressed, ({ sent, attributes: values, text: words, kind }) => {
      const exported = sent
        .filter(({ startUnixNano, endUnixNano }) => startUnixNano >= 0n && endUnixNano >= 0n)
        .map((one): Span => ({
          ...one,
          kind,
          name: words,
          service: `${one.kind} ${words}`,
          statusMessage: words,
          attributes: values,
          events: [{ name: 'event', unixNano: one.startUnixNano, attributes: values }],
        }));
      const body = Buffer.from(JSON.stringify(toOtlpJson(exported)));
      const { spans: received, refusals } = fromOtlp(decodeExport(body, 'application/json'));
      expect(refusals).toEqual([]);
      expect(byId(received)).toEqual(byId(exported));
    }),
  );
});

test('no line of a waterfall is wider than the terminal or carries a control character', () => {
  fc.assert(
    fc.property(
      spans,
      fc.array(fc.tuple(hostileText, id, hostileText)),
      fc.integer({ min: 60, max: 200 }),
      (sent, entries, width) => {
        const logs = entries.map(([service, spanId, message]) => log(service, spanId, 1, message));
        const lines = renderWaterfall(sent, logs, { width, colour: false }).split('\n');
        for (const line of lines) {
          expect(columnsOfText(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}\u202E]/u);
        }
        expect(lines.filter((line) => /[█▌▐▒]/.test(line)).length).toBeGreaterThanOrEqual(sent.length);
      },
    ),
  );
});

test('colours change nothing but colours', () => {
  fc.assert(
    fc.property(spans, (sent) => {
      const coloured = renderWaterfall(sent, [], { width: 100, colour: true });
      const plain = coloured.replaceAll(/\p{Cc}\[\d+m/gu, '').replaceAll(/ +$/gm, '');
      expect(plain).toBe(renderWaterfall(sent, [], { width: 100, colour: false }));
    }),
  );
});

test('every bar is as wide as its column and shows at least a tick', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.integer({ min: 8, max: 80 }),
      (offset, duration, rest, columns) => {
        const sent = {
          ...span('a', undefined, 's', 'n', [0, 0]),
          startUnixNano: offset,
          endUnixNano: offset + duration,
        };
        const bar = renderBar(sent, { startUnixNano: 0n, durationNano: offset + duration + rest }, columns);
        expect(bar).toHaveLength(columns);
        expect(bar).toMatch(/^ *(?:█|▌|▐)+ *$/);
      },
    ),
  );
});
