import { type Interference, interferenceAttributes } from '../faults/interference';
import { type PeerExchange, peerSpan } from '../trace/peer-exchange';
import type { Span } from '../trace/span';
import type { ModelName } from './vertex-ai-access';

/** What Vertex AI knows of a request. */
export interface ModelCall extends ModelName, Interference {
  /** Such as `generateContent`. */
  readonly method: string;
}

/** The span of a call of a model, which the local cloud sends for Vertex AI. */
export function vertexAiSpan(exchange: PeerExchange, call: ModelCall): Span {
  const { location, method, model } = call;
  return peerSpan(exchange, {
    service: 'Vertex AI',
    name: `${method} ${model}`,
    attributes: {
      'http.request.method': 'POST',
      'gen_ai.request.model': model,
      'cloud.region': location,
      ...interferenceAttributes(call),
    },
  });
}
