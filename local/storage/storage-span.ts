import { type Interference, interferenceAttributes } from '../faults/interference';
import { type PeerExchange, peerSpan } from '../trace/peer-exchange';
import type { Span } from '../trace/span';

/** What Cloud Storage knows of a request. */
export interface StorageOperation extends Interference {
  /** The JSON API's name of what was asked for, such as `storage.objects.insert`. */
  readonly operation: string;
  readonly method: string;
  readonly bucket: string | undefined;
  /** Where the bucket is, in the product's spelling. */
  readonly location: string | undefined;
}

/** The span of a request to Cloud Storage: the local cloud sends it where it has done something to the request. */
export function storageSpan(exchange: PeerExchange, operation: StorageOperation): Span {
  const { bucket, location, method } = operation;
  return peerSpan(exchange, {
    service: 'Cloud Storage',
    name: operation.operation,
    attributes: {
      'http.request.method': method,
      ...(bucket === undefined ? {} : { 'gcp.storage.bucket': bucket }),
      ...(location === undefined ? {} : { 'gcp.storage.bucket.location': location }),
      ...interferenceAttributes(operation),
    },
  });
}
