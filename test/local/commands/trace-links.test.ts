import { linkTraces } from '../../../local/commands/trace-links';
import { TRACE_ID } from '../trace/pipeline-trace';

const CLOUD_URL = 'http://127.0.0.1:4400';

describe('linkTraces', () => {
  test('makes a trace id on a terminal a link to the page', () => {
    // GIVEN
    const text = `  trace ${TRACE_ID}`;
    // WHEN
    const linked = linkTraces(text, [TRACE_ID], { cloudUrl: CLOUD_URL, colour: true });
    // THEN
    const link = `\u001B]8;;${CLOUD_URL}/#/trace/${TRACE_ID}\u001B\\`;
    expect(linked).toBe(`  trace ${link}${TRACE_ID}\u001B]8;;\u001B\\`);
  });

  test('leaves text for a file and other ids alone', () => {
    const text = `trace ${TRACE_ID}`;
    expect(linkTraces(text, [TRACE_ID], { cloudUrl: CLOUD_URL, colour: false })).toBe(text);
    expect(linkTraces(text, ['ff'.repeat(16)], { cloudUrl: CLOUD_URL, colour: true })).toBe(text);
  });
});
