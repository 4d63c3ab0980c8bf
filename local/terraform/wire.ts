/** Messages of tfplugin6.proto, as far as they are used; names are the protocol's. */

import type { SchemaMessage } from './schema/schema-message';
import type { AttributePathMessage, DiagnosticMessage } from './wire-diagnostics';

export type { DiagnosticMessage };

export interface DynamicValue {
  readonly msgpack: Uint8Array;
}

export interface DiagnosticsResponse {
  readonly diagnostics: readonly DiagnosticMessage[];
}

export interface GetProviderSchemaResponse {
  readonly provider: SchemaMessage;
  readonly provider_meta: SchemaMessage;
  readonly resource_schemas: Readonly<Record<string, SchemaMessage>>;
  readonly data_source_schemas: Readonly<Record<string, SchemaMessage>>;
  readonly server_capabilities: { readonly get_provider_schema_optional: boolean };
}

export interface ConfigRequest {
  readonly config: DynamicValue;
}

export interface TypedConfigRequest extends ConfigRequest {
  readonly type_name: string;
}

export interface UpgradeRequest {
  readonly type_name: string;
  readonly raw_state: { readonly json: Buffer };
}

export interface UpgradeResponse extends DiagnosticsResponse {
  readonly upgraded_state?: DynamicValue;
}

export interface ReadRequest {
  readonly type_name: string;
  readonly current_state: DynamicValue;
  readonly private: Uint8Array;
}

export interface ReadResponse extends DiagnosticsResponse {
  readonly new_state?: DynamicValue;
  readonly private?: Uint8Array;
}

export interface PlanRequest {
  readonly type_name: string;
  readonly prior_state: DynamicValue;
  readonly proposed_new_state: DynamicValue;
  readonly config: DynamicValue;
  readonly prior_private: Uint8Array;
}

export interface PlanResponse extends DiagnosticsResponse {
  readonly planned_state?: DynamicValue;
  readonly requires_replace?: readonly AttributePathMessage[];
  readonly planned_private?: Uint8Array;
}

export interface ApplyRequest {
  readonly type_name: string;
  readonly prior_state: DynamicValue;
  readonly planned_state: DynamicValue;
  readonly planned_private: Uint8Array;
}

export interface ApplyResponse extends DiagnosticsResponse {
  readonly new_state?: DynamicValue;
  readonly private?: Uint8Array;
}

export interface ImportRequest {
  readonly type_name: string;
  readonly id: string;
}

export interface ImportResponse extends DiagnosticsResponse {
  readonly imported_resources: readonly { readonly type_name: string; readonly state: DynamicValue }[];
}
