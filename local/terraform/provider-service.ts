import { applyResource, importResource, readResource } from './apply';
import { complete } from './block-values';
import { planResource } from './plan';
import { readProviderConfig } from './provider-config';
import type { Attributes, Diagnostic, ProviderConfig, Request, ResourceType } from './resource-type';
import { deriveProviderSchema } from './schema/derive';
import { readAllTypes } from './schema/generated-source';
import type { AttributeType, BlockSchema } from './schema/schema';
import { typeOfBlock } from './schema/schema';
import { schemaMessage, schemaMessagesOfAnything } from './schema/schema-message';
import { supportedType } from './schema/supported-type';
import type { SupportedType } from './schema/supported-type';
import { validateResource } from './validate';
import { decodeStateJson, decodeValue, encodeValue, isObject } from './values';
import type * as wire from './wire';
import { attributePath, diagnosticMessages } from './wire-diagnostics';

const NO_SCHEMA: BlockSchema = { attributes: {}, blocks: {} };

export interface ProviderServiceOptions<Products> {
  /** The part of the local cloud that resources are made in. */
  readonly products: Products;
  readonly resourceTypes: readonly ResourceType<Products>[];
}

/**
 * The google provider, without its transport: one method per call of the plugin protocol. `connection` tells apart the
 * provider blocks that are in force at the same time, as aliases are.
 */
export class ProviderService<Products> {
  readonly #products: Products;
  readonly #types: ReadonlyMap<string, SupportedType<Products>>;
  readonly #providerSchema = deriveProviderSchema();
  /** Bounded by the number of ports that connections can come from. */
  readonly #configs = new Map<string, ProviderConfig>();

  /** Throws GeneratedLayoutError when the installed @cdktf/provider-google is not as expected. */
  constructor({ products, resourceTypes }: ProviderServiceOptions<Products>) {
    this.#products = products;
    this.#types = new Map(resourceTypes.map((behaviour) => [behaviour.type, supportedType(behaviour)]));
  }

  getProviderSchema(): wire.GetProviderSchemaResponse {
    const { resources, dataSources } = readAllTypes();
    const supported = [...this.#types].map(([type, { schema }]) => [type, schemaMessage(schema)] as const);
    return {
      provider: schemaMessage(this.#providerSchema),
      provider_meta: schemaMessage(PROVIDER_META),
      resource_schemas: { ...schemaMessagesOfAnything(resources), ...Object.fromEntries(supported) },
      data_source_schemas: schemaMessagesOfAnything(dataSources),
      server_capabilities: { get_provider_schema_optional: true },
    };
  }

  validateProviderConfig(): wire.DiagnosticsResponse {
    return { diagnostics: [] };
  }

  configureProvider({ config }: wire.ConfigRequest, connection: string): wire.DiagnosticsResponse {
    const type = typeOfBlock(this.#providerSchema);
    const read = readProviderConfig(attributesOf(config, type) ?? {});
    if ('projectId' in read) {
      this.#configs.set(connection, read);
      return { diagnostics: [] };
    }
    return { diagnostics: diagnosticMessages(read, this.#providerSchema) };
  }

  validateResourceConfig({ type_name, config }: wire.TypedConfigRequest): wire.DiagnosticsResponse {
    const supported = this.#types.get(type_name);
    if (!supported) return { diagnostics: this.#refusal(type_name) };
    const diagnostics = validateResource(supported, attributesOf(config, supported.type) ?? {});
    return { diagnostics: diagnosticMessages(diagnostics, supported.schema) };
  }

  validateDataResourceConfig({ type_name }: wire.TypedConfigRequest): wire.DiagnosticsResponse {
    return { diagnostics: dataSourceRefusal(type_name) };
  }

  readDataSource({ type_name }: wire.TypedConfigRequest): wire.DiagnosticsResponse {
    return { diagnostics: dataSourceRefusal(type_name) };
  }

  upgradeResourceState({ type_name, raw_state }: wire.UpgradeRequest): wire.UpgradeResponse {
    const supported = this.#types.get(type_name);
    if (!supported) return { diagnostics: this.#refusal(type_name) };
    const state = decodeStateJson(raw_state.json.toString(), supported.type);
    return {
      upgraded_state: encode(isObject(state) ? complete(state, supported.schema) : null, supported),
      diagnostics: [],
    };
  }

  async readResource(call: wire.ReadRequest, connection: string): Promise<wire.ReadResponse> {
    const supported = this.#types.get(call.type_name);
    if (!supported) return { diagnostics: this.#refusal(call.type_name) };
    const state = attributesOf(call.current_state, supported.type);
    if (!state) return { new_state: encode(null, supported), diagnostics: [], private: call.private };
    const outcome = await readResource(supported, state, this.#request(connection));
    return {
      new_state: encode(outcome.state, supported),
      diagnostics: diagnosticMessages(outcome.diagnostics, supported.schema),
      private: call.private,
    };
  }

  planResourceChange(call: wire.PlanRequest, connection: string): wire.PlanResponse {
    const supported = this.#types.get(call.type_name);
    if (!supported) return { diagnostics: this.#refusal(call.type_name) };
    const { schema, type } = supported;
    const proposed = attributesOf(call.proposed_new_state, type);
    if (!proposed) return { planned_state: encode(null, supported), diagnostics: [] };
    const { planned, requiresReplace } = planResource(supported, proposed, {
      config: attributesOf(call.config, type) ?? {},
      prior: attributesOf(call.prior_state, type),
      provider: this.#request(connection).provider,
    });
    return {
      planned_state: encode(planned, supported),
      requires_replace: requiresReplace.map((path) => attributePath(path, schema)),
      planned_private: call.prior_private,
      diagnostics: [],
    };
  }

  async applyResourceChange(call: wire.ApplyRequest, connection: string): Promise<wire.ApplyResponse> {
    const supported = this.#types.get(call.type_name);
    if (!supported) return { diagnostics: this.#refusal(call.type_name) };
    const { state, diagnostics } = await applyResource(
      supported,
      attributesOf(call.planned_state, supported.type),
      attributesOf(call.prior_state, supported.type),
      this.#request(connection),
    );
    return {
      new_state: encode(state, supported),
      private: call.planned_private,
      diagnostics: diagnosticMessages(diagnostics, supported.schema),
    };
  }

  async importResourceState(call: wire.ImportRequest, connection: string): Promise<wire.ImportResponse> {
    const supported = this.#types.get(call.type_name);
    if (!supported) return { imported_resources: [], diagnostics: this.#refusal(call.type_name) };
    const { state, diagnostics } = await importResource(supported, call.id, this.#request(connection));
    return {
      imported_resources: state ? [{ type_name: call.type_name, state: encode(state, supported) }] : [],
      diagnostics: diagnosticMessages(diagnostics, supported.schema),
    };
  }

  /** Ctrl-C: what has begun is finished, so that it ends up in the state. */
  stopProvider(): Record<string, never> {
    return {};
  }

  #request(connection: string): Request<Products> {
    const provider = this.#configs.get(connection);
    if (!provider) throw new Error(`The provider was not configured by ${connection}`);
    return { products: this.#products, provider };
  }

  #refusal(type: string): wire.DiagnosticMessage[] {
    const refusal: Diagnostic = {
      severity: 'error',
      summary: `${type} is not supported by the local cloud`,
      detail: `Supported are: ${[...this.#types.keys()].toSorted().join(', ')}.`,
    };
    return diagnosticMessages([refusal], NO_SCHEMA);
  }
}

/** As the real provider has it: a module may name itself for Google's statistics, which do not exist here. */
const PROVIDER_META: BlockSchema = {
  attributes: {
    module_name: { type: 'string', required: false, optional: true, computed: false, sensitive: false },
  },
  blocks: {},
};

function dataSourceRefusal(type: string): wire.DiagnosticMessage[] {
  const refusal: Diagnostic = {
    severity: 'error',
    summary: `The data source ${type} is not supported by the local cloud`,
    detail: 'No data source is. Pass the value in as a variable, or refer to a resource of the same stack.',
  };
  return diagnosticMessages([refusal], NO_SCHEMA);
}

function attributesOf({ msgpack }: wire.DynamicValue, type: AttributeType): Attributes | null {
  const value = decodeValue(msgpack, type);
  return isObject(value) ? { ...value } : null;
}

function encode<Products>(
  attributes: Attributes | null,
  { type }: SupportedType<Products>,
): wire.DynamicValue {
  return { msgpack: encodeValue(attributes, type) };
}
