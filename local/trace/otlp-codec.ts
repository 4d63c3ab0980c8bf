import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader';
import { sourceFile } from '../source-file';

/** An export request as @grpc/proto-loader decodes `otlp.proto`: 64-bit integers as strings, enums by name. */
export interface ExportRequest {
  readonly resourceSpans?: readonly ResourceSpans[];
}

export interface ResourceSpans {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
}

export interface OtlpSpan {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly name?: string;
  readonly kind?: string;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { timeUnixNano?: string; name?: string; attributes?: readonly KeyValue[] }[];
  readonly status?: { readonly code?: string; readonly message?: string };
}

export interface KeyValue {
  readonly key?: string;
  readonly value?: AnyValue;
}

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
  readonly bytesValue?: Uint8Array;
}

interface ExportResponse {
  /** Left out when every span was taken. */
  readonly partialSuccess?: { readonly rejectedSpans: number; readonly errorMessage: string };
}

export interface RpcStatus {
  /** A number of google.rpc.Code. */
  readonly code: number;
  readonly message: string;
}

export type OtlpEncoding = 'application/json' | 'application/x-protobuf';

const definitions = loadSync(sourceFile('trace', 'otlp.proto'), { longs: String, enums: String });
const request = message('ExportTraceServiceRequest');
const response = message('ExportTraceServiceResponse');
const rpcStatus = message('RpcStatus');

/** Decodes the body of `POST /v1/traces`. Throws where it is not what its content type says. */
export function decodeExport(body: Buffer, encoding: OtlpEncoding): ExportRequest {
  if (encoding === 'application/x-protobuf') return request.deserialize(body);
  const json: unknown = JSON.parse(body.toString('utf8'), (key, value: unknown) =>
    typeof value === 'string' && HEX_FIELDS.has(key) ? Buffer.from(value, 'hex') : value,
  );
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new TypeError('expected a JSON object');
  // Through the wire format and back, so that both encodings are checked against the same types.
  return request.deserialize(request.serialize(json));
}

/** The answer to an export that was taken, at least in part. */
export function encodeResponse(answer: ExportResponse, encoding: OtlpEncoding): Buffer {
  return encoding === 'application/json' ? Buffer.from(JSON.stringify(answer)) : response.serialize(answer);
}

/** The body of a refusal. */
export function encodeStatus(answer: RpcStatus, encoding: OtlpEncoding): Buffer {
  return encoding === 'application/json' ? Buffer.from(JSON.stringify(answer)) : rpcStatus.serialize(answer);
}

/** Bytes that OTLP's JSON writes in hexadecimal, unlike the base64 of protobuf's own JSON (OTLP specification, "JSON Protobuf Encoding"). */
const HEX_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

function message(name: string): MessageTypeDefinition<object, object> {
  const definition: AnyDefinition | undefined = definitions[`otlp.${name}`];
  if (!definition || !isMessage(definition)) throw new Error(`otlp.proto has no message ${name}`);
  return definition;
}

function isMessage(definition: AnyDefinition): definition is MessageTypeDefinition<object, object> {
  return 'deserialize' in definition && typeof definition.deserialize === 'function';
}
