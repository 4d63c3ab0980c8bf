/** W3C Trace Context, section 3.2.2: lower-case hexadecimal, and all zeroes is invalid. */
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** The trace id in lower case; undefined where it is none. */
export function parseTraceId(text: string): string | undefined {
  const id = text.toLowerCase();
  return TRACE_ID.test(id) ? id : undefined;
}

/** The span id in lower case; undefined where it is none. */
export function parseSpanId(text: string): string | undefined {
  const id = text.toLowerCase();
  return SPAN_ID.test(id) ? id : undefined;
}
