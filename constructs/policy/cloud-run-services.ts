import { accountOf, grantsByAccount } from './grants';
import { type Attributes, block, blocks, isUnreadable } from './attributes';
import { oncePerStack, type SynthesizedResource, type SynthesizedStack } from './synthesized-stack';

export const CLOUD_RUN_SERVICE = 'google_cloud_run_v2_service';

/** An environment variable of a container, given as a value or by reference to a secret. */
interface Variable {
  readonly name: string;
  readonly value: unknown;
  readonly secret: Attributes | undefined;
}

/** A Cloud Run service with the parts that several rules look at. */
export interface CloudRunService {
  readonly resource: SynthesizedResource;
  readonly template: Attributes | undefined;
  /** The first is the one that serves. */
  readonly containers: readonly Attributes[];
  readonly variables: readonly Variable[];
  /** Whether OpenTelemetry is set up in it; undefined where its variables cannot all be read. */
  readonly traced: boolean | undefined;
  /** The variable that turns OpenTelemetry off in it, with its value. */
  readonly turnedOffBy: string | undefined;
}

/** OpenTelemetry's variables with the values that stop the spans of a service. */
const TURNING_OFF = { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'none' };

/** The Cloud Run services of a stack whose templates can be read. */
export const cloudRunServices = oncePerStack((stack): readonly CloudRunService[] => {
  const readable = stack
    .ofType(CLOUD_RUN_SERVICE)
    .filter(({ attributes }) => !isUnreadable(attributes, 'template'));
  return readable.map((resource) => {
    const template = block(resource.attributes, 'template');
    const containers = blocks(template, 'containers');
    const variables = containers.flatMap((container) =>
      blocks(container, 'env').map((variable) => ({
        name: stack.text(variable['name']) ?? '',
        value: variable['value'],
        secret: block(block(variable, 'value_source'), 'secret_key_ref'),
      })),
    );
    const value = (name: string): string | undefined => variableOf({ variables }, name, stack);
    const off = Object.entries(TURNING_OFF).find(([name, stops]) => value(name) === stops);
    const traced = variables.some(({ name }) => name.startsWith('OTEL_')) && !off;
    const isReadable =
      !isUnreadable(template, 'containers') &&
      !containers.some((container) => isUnreadable(container, 'env'));
    return {
      resource,
      template,
      containers,
      variables,
      traced: isReadable ? traced : undefined,
      turnedOffBy: off?.join('='),
    };
  });
});

/** Text of an environment variable: undefined when it is not set or not known at synth. */
export function variableOf(
  service: Pick<CloudRunService, 'variables'>,
  name: string,
  stack: SynthesizedStack,
): string | undefined {
  return stack.text(service.variables.find((variable) => variable.name === name)?.value);
}

/** What a service runs as, in the form that `accountOf` gives to members. */
export function accountOfService(service: CloudRunService, stack: SynthesizedStack): string | undefined {
  return accountOf(service.template?.['service_account'], stack);
}

/** A service that calls another: it is told the other's URL, or may invoke it. */
interface Call {
  readonly caller: CloudRunService;
  readonly callee: CloudRunService;
}

/** The calls between the services of a stack. */
export const callsBetween = oncePerStack((stack): readonly Call[] => {
  const services = cloudRunServices(stack);
  const byResource = new Map(services.map((service) => [service.resource, service]));
  const grants = grantsByAccount(stack);
  return services.flatMap((caller) => {
    const invoked = (grants.get(accountOfService(caller, stack) ?? '') ?? []).filter(({ resource }) =>
      resource.type.startsWith(`${CLOUD_RUN_SERVICE}_iam_`),
    );
    const named = [
      ...caller.variables.map(({ value }) => value),
      ...invoked.map(({ resource }) => resource.attributes['name']),
    ];
    return stack.referenced(named).flatMap((target) => {
      const callee = byResource.get(target);
      return callee && callee !== caller ? { caller, callee } : [];
    });
  });
});
