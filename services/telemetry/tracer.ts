import type { Tracer } from '@opentelemetry/api';
import { trace } from './api';

const NAME = 'traced-cloud-run';

let kept: Tracer | undefined;

/** The tracer of everything this folder records, by the name of the package. */
export function getTracer(): Tracer {
  return kept ?? trace.getTracer(NAME);
}

/**
 * Keeps the present tracer, because it takes as long to look it up as to start a span.
 *
 * @returns a function that forgets it.
 */
export function keepTracer(): () => void {
  kept = trace.getTracer(NAME);
  return () => {
    kept = undefined;
  };
}
