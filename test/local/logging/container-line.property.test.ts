import * as fc from 'fast-check';
import { parseContainerLine } from '../../../local/logging/container-line';

const specialField = fc.constantFrom(
  'severity',
  'message',
  'time',
  'timestamp',
  'httpRequest',
  'logging.googleapis.com/trace',
  'logging.googleapis.com/spanId',
  'logging.googleapis.com/trace_sampled',
);
const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.dictionary(specialField, fc.jsonValue()).map((value) => JSON.stringify(value)),
);

test('whatever a container writes becomes an entry that can be listed, sent and dated', () => {
  fc.assert(
    fc.property(line, fc.constantFrom('stdout' as const, 'stderr' as const), (text, stream) => {
      const entry = parseContainerLine({
        service: 's',
        revision: 's-1',
        location: 'l',
        stream,
        text,
        projectId: 'local-test',
        receivedAt: new Date(0),
      });
      expect(typeof entry.message).toBe('string');
      expect(entry.severity).toMatch(/^[A-Z]+$/);
      expect(new Date(entry.timestamp).toISOString()).toBe(entry.timestamp);
      expect(entry.traceId ?? 'a'.repeat(32)).toMatch(/^[0-9a-f]{32}$/);
      expect(JSON.parse(JSON.stringify(entry))).toEqual(entry);
    }),
    { numRuns: 500 },
  );
});
