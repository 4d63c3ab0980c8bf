/** Names of all headers that carry tracing information; lower case, as Node.js delivers them. */

/** W3C Trace Context, https://www.w3.org/TR/trace-context/. */
export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

/** Google's header from before W3C Trace Context: `TRACE_ID/DECIMAL_SPAN_ID;o=1`. */
export const CLOUD_TRACE_CONTEXT = 'x-cloud-trace-context';

/**
 * The caller's own span context, in the format of `traceparent`. Cloud Run's proxy replaces the parent and the sampled
 * flag of `traceparent` by its own on the way to a service; this header arrives as it was sent.
 */
export const TRACED_PARENT = 'traced-parent';

/** How many milliseconds the caller still waits for the answer; relative, so that clocks need not agree. */
export const TRACED_DEADLINE_MS = 'traced-deadline-ms';
