import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { AnyDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { sourceFile } from '../source-file';
import { ProviderService } from './provider-service';
import type { ProviderServiceOptions } from './provider-service';
import type * as wire from './wire';

export interface ProviderServerOptions<Products> extends ProviderServiceOptions<Products> {
  /** Gets what a call crashed on; Terraform gets its message. Without it the stack goes to stderr. */
  readonly onFault?: (error: unknown) => void;
}

export interface ProviderServer {
  /** The value of TF_REATTACH_PROVIDERS that makes Terraform, or OpenTofu, use this provider. */
  readonly reattach: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The source addresses that `hashicorp/google` stands for. */
const PROVIDER_ADDRESSES = [
  'registry.terraform.io/hashicorp/google',
  'registry.opentofu.org/hashicorp/google',
];

/**
 * Serves the google provider on a free port of 127.0.0.1, in plain text: TF_REATTACH_PROVIDERS has no place for a
 * certificate. Throws GeneratedLayoutError when the installed @cdktf/provider-google is not as expected.
 */
export async function startProviderServer<Products>(
  options: ProviderServerOptions<Products>,
): Promise<ProviderServer> {
  const service = new ProviderService(options);
  // What Terraform sends has no bound of its own, and gRPC's default is 4 MB.
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const onFault = options.onFault ?? console.error;
  const unary =
    <Call, Answer>(handler: Handler<Call, Answer>): handleUnaryCall<Call, Answer> =>
    (call, callback) =>
      void respond(handler, call, callback, onFault);

  const provider = loadService('tfplugin6.proto', 'tfplugin6.Provider');
  const { GetProviderSchema: schemaMethod } = provider;
  if (!schemaMethod) throw new Error('tfplugin6.proto does not define GetProviderSchema');
  // Made once, and not before it is needed: reading and encoding all types takes some 200 ms.
  let schemas: Buffer | undefined;
  const definition = {
    ...provider,
    GetProviderSchema: { ...schemaMethod, responseSerialize: (encoded: Buffer) => encoded },
  };
  server.addService(definition, {
    GetProviderSchema: unary(() => (schemas ??= schemaMethod.responseSerialize(service.getProviderSchema()))),
    ValidateProviderConfig: unary(() => service.validateProviderConfig()),
    ConfigureProvider: unary((call: wire.ConfigRequest, from) => service.configureProvider(call, from)),
    ValidateResourceConfig: unary((call: wire.TypedConfigRequest) => service.validateResourceConfig(call)),
    ValidateDataResourceConfig: unary((call: wire.TypedConfigRequest) =>
      service.validateDataResourceConfig(call),
    ),
    UpgradeResourceState: unary((call: wire.UpgradeRequest) => service.upgradeResourceState(call)),
    ReadResource: unary((call: wire.ReadRequest, from) => service.readResource(call, from)),
    PlanResourceChange: unary((call: wire.PlanRequest, from) => service.planResourceChange(call, from)),
    ApplyResourceChange: unary((call: wire.ApplyRequest, from) => service.applyResourceChange(call, from)),
    ImportResourceState: unary((call: wire.ImportRequest, from) => service.importResourceState(call, from)),
    ReadDataSource: unary((call: wire.TypedConfigRequest) => service.readDataSource(call)),
    StopProvider: unary(() => service.stopProvider()),
  });
  // Terraform is done with the provider; the local cloud is not.
  server.addService(loadService('plugin-controller.proto', 'plugin.GRPCController'), {
    Shutdown: unary(() => ({})),
  });

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { reattach: reattachProviders(port), close: async () => server.forceShutdown() };
}

type Handler<Call, Answer> = (call: Call, connection: string) => Answer | Promise<Answer>;

/** The connection is known by the address it comes from. */
async function respond<Call, Answer>(
  handler: Handler<Call, Answer>,
  call: ServerUnaryCall<Call, Answer>,
  callback: sendUnaryData<Answer>,
  onFault: (error: unknown) => void,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await handler(call.request, call.getPeer());
  } catch (error) {
    onFault(error);
    callback({ code: status.INTERNAL, message: `The local cloud has a fault: ${String(error)}` });
    return;
  }
  callback(null, answer);
}

/** `Test` says that the process outlives the command. */
function reattachProviders(port: number): string {
  const provider = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
  };
  return JSON.stringify(Object.fromEntries(PROVIDER_ADDRESSES.map((address) => [address, provider])));
}

function loadService(file: string, name: string): ServiceDefinition {
  const { [name]: definition } = loadSync(sourceFile('terraform', file), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  if (!definition || !isService(definition)) throw new Error(`${file} does not define ${name}`);
  return definition;
}

/** Messages and enums have a format, services have methods only. */
function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition);
}
