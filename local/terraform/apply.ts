import { complete, firstDifference, firstUnknown, withoutUnknown } from './block-values';
import type { Path } from './block-values';
import { ResourceError } from './resource-type';
import type { Attributes, Diagnostic, Request } from './resource-type';
import type { SupportedType } from './schema/supported-type';
import { isObject } from './values';

/** What a change came to. With an error the state is what exists in spite of it. */
export interface Outcome {
  readonly state: Attributes | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Creates the planned resource, or changes the prior one into it. `planned` is null to delete. Rejects only when the
 * behaviour throws what is no ResourceError.
 */
export async function applyResource<Products>(
  supported: SupportedType<Products>,
  planned: Attributes | null,
  prior: Attributes | null,
  request: Request<Products>,
): Promise<Outcome> {
  const { behaviour } = supported;
  try {
    if (planned) {
      // The behaviour gets a copy, so that what it does to it does not change what it is held to.
      const wanted = { ...planned };
      const returned = prior
        ? await behaviour.update(wanted, prior, request)
        : await behaviour.create(wanted, request);
      return heldToPlan(supported, withCommonAttributes(returned, planned), planned);
    }
    if (prior) await behaviour.delete(prior, request);
    return { state: null, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    const left = error.state && withCommonAttributes(error.state, planned ?? prior ?? {});
    return { state: left ? known(supported, left) : prior, diagnostics: [diagnosticOf(error)] };
  }
}

/** The resource as it is now; null when it is gone. */
export async function readResource<Products>(
  supported: SupportedType<Products>,
  state: Attributes,
  request: Request<Products>,
): Promise<Outcome> {
  const { behaviour, schema } = supported;
  try {
    const found = await behaviour.read({ ...state }, request);
    if (!found) return { state: null, diagnostics: [] };
    const completed = complete(withCommonAttributes(found, state), schema);
    const unknown = firstUnknown(completed);
    if (unknown) throw new TypeError(`${behaviour.type}.read left ${unknown.join('.')} unknown`);
    return { state: completed, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    return { state, diagnostics: [diagnosticOf(error)] };
  }
}

/** The resource that `terraform import` names. */
export async function importResource<Products>(
  { behaviour, schema }: SupportedType<Products>,
  id: string,
  request: Request<Products>,
): Promise<Outcome> {
  if (!behaviour.import) {
    return refusal(
      `${behaviour.type} cannot be imported in the local cloud`,
      'Let Terraform create the resource instead.',
    );
  }
  try {
    const found = await behaviour.import(id, request);
    if (found) return { state: complete(found, schema), diagnostics: [] };
    return refusal(
      `There is no ${behaviour.type} '${id}' in the local cloud`,
      'Only what exists there can be imported: check the id, and the project in it.',
    );
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    return { state: null, diagnostics: [diagnosticOf(error)] };
  }
}

function refusal(summary: string, detail: string): Outcome {
  return { state: null, diagnostics: [{ severity: 'error', summary, detail }] };
}

/** `timeouts` are only ever configured, and no product knows them. */
function withCommonAttributes(returned: Attributes, before: Attributes): Attributes {
  return {
    ...returned,
    ...('timeouts' in before && { timeouts: before['timeouts'] ?? null }),
    ...('project' in before && { project: returned['project'] ?? before['project'] ?? null }),
  };
}

/** Terraform refuses a result that is not as planned too, but as a fault of a provider it cannot name. */
function heldToPlan<Products>(
  supported: SupportedType<Products>,
  returned: Attributes,
  planned: Attributes,
): Outcome {
  const state = complete(returned, supported.schema);
  const unplanned = firstDifference(planned, state, supported.type);
  const unknown = firstUnknown(state);
  const faults = [
    ...(unplanned ? [fault(supported, unplanned, 'has another value than was planned')] : []),
    ...(unknown ? [fault(supported, unknown, 'has no value')] : []),
    ...(typeof state['id'] === 'string' ? [] : [fault(supported, ['id'], 'is not set')]),
  ];
  return { state: known(supported, state), diagnostics: faults };
}

function fault<Products>({ behaviour }: SupportedType<Products>, path: Path, what: string): Diagnostic {
  return {
    severity: 'error',
    summary: `The local cloud has a fault: ${path.join('.')} of ${behaviour.type} ${what}`,
    detail: 'This is not a fault of the configuration. The resource exists, and the next apply replaces it.',
    path,
  };
}

function known<Products>({ schema }: SupportedType<Products>, attributes: Attributes): Attributes {
  const value = withoutUnknown(complete(attributes, schema));
  return isObject(value) ? { ...value } : {};
}

function diagnosticOf({ message, detail, path }: ResourceError): Diagnostic {
  return {
    severity: 'error',
    summary: message,
    ...(detail !== undefined && { detail }),
    ...(path && { path }),
  };
}
