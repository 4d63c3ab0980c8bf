import { trace, type Tracer } from '@opentelemetry/api';

/** The tracer of everything this folder records, by the name of the package. */
export function getTracer(): Tracer {
  return trace.getTracer('traced-cloud-run');
}
