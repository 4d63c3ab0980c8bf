/** The `google_*_iam_member` types: one member of one role on one resource, beside whatever else its policy holds. */

import { createHash } from 'node:crypto';
import type { Iam } from '../../iam/iam';
import type { Attributes, Diagnostic, PlanRequest, Request, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import {
  blocks,
  goneError,
  projectDiagnostics,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';

/** What an IAM member is granted on. */
interface IamTarget {
  /** Google's full resource name, such as `//storage.googleapis.com/buckets/b`. */
  readonly resource: string;
  /** What the id of the Terraform resource starts with, such as `b/b`. */
  readonly id: string;
}

export interface IamMemberOptions<Products extends { readonly iam: Iam }> {
  readonly type: string;
  /** The attributes that name the target; all of them replace the resource. */
  readonly targetAttributes: readonly string[];
  readonly plan?: (planned: Attributes, request: PlanRequest) => void;
  readonly validate?: (config: Attributes) => Diagnostic[];
  /** The target, or a ResourceError that says that it does not exist. */
  readonly target: (attributes: Attributes, request: Request<Products>) => IamTarget;
  /** Whether the target still exists. */
  readonly targetExists: (attributes: Attributes, request: Request<Products>) => boolean;
}

/** Makes a `google_*_iam_member` type. */
export function iamMember<Products extends { readonly iam: Iam }>(
  options: IamMemberOptions<Products>,
): ResourceType<Products> {
  const { type, targetAttributes, plan, target, targetExists } = options;
  const validate = (config: Attributes) => [
    ...projectDiagnostics(config),
    ...memberDiagnostics(config),
    ...(options.validate?.(config) ?? []),
  ];
  const read = (attributes: Attributes, request: Request<Products>): Attributes | null => {
    if (!targetExists(attributes, request)) return null;
    const { iam } = request.products;
    const role = requiredText(attributes, 'role');
    const member = requiredText(attributes, 'member');
    const { resource, id } = target(attributes, request);
    if (!iam.hasMember(resource, role, member)) return null;
    const members = iam.members(resource, role).toSorted();
    return { ...attributes, id: `${id}/${role}/${member}`, etag: policyEtag(resource, role, members) };
  };

  return {
    type,
    replaceOn: [...targetAttributes, 'role', 'member', 'condition'],
    validate,
    ...(plan && { plan }),

    async create(planned, request) {
      refuseErrors(validate(planned));
      const { iam } = request.products;
      const member = requiredText(planned, 'member');
      const { resource } = target(planned, request);
      refuseMissingAccount(iam, member);
      iam.addMember(resource, requiredText(planned, 'role'), member);
      const created = read(planned, request);
      if (!created) throw goneError(resource);
      return created;
    },

    async read(state, request) {
      return read(state, request);
    },

    async update(planned) {
      // Every attribute replaces the resource, so that only the provider's own bookkeeping can get here.
      return planned;
    },

    async delete(state, request) {
      if (!targetExists(state, request)) return;
      const { resource } = target(state, request);
      request.products.iam.removeMember(resource, requiredText(state, 'role'), requiredText(state, 'member'));
    },
  };
}

/** Members as IAM writes them: `kind:name`, or everybody. */
const MEMBER = /^([A-Za-z]+:.+|allUsers|allAuthenticatedUsers)$/;

/** Predefined roles, and custom ones of a project or an organization. */
const ROLE = /^(roles\/[\w.]+|(projects|organizations)\/[^/]+\/roles\/[\w.]+)$/;

function memberDiagnostics(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const member = text(config, 'member');
  if (member !== undefined && (!MEMBER.test(member) || member.startsWith('deleted:'))) {
    diagnostics.push(
      refusal(
        ['member'],
        `"${member}" is not an IAM member`,
        'Write it with its kind, such as "serviceAccount:NAME@PROJECT.iam.gserviceaccount.com" or "user:NAME@example.com", ' +
          'or "allUsers" or "allAuthenticatedUsers".',
      ),
    );
  }
  const role = text(config, 'role');
  if (role !== undefined && !ROLE.test(role)) {
    diagnostics.push(
      refusal(
        ['role'],
        `"${role}" is not a role`,
        'Write "roles/NAME", or "projects/PROJECT/roles/NAME" for a custom role.',
      ),
    );
  }
  for (const condition of blocks(config, 'condition')) {
    const title = text(condition, 'title');
    diagnostics.push(
      refusal(
        ['condition'],
        `IAM conditions are not modelled in the local cloud${title === undefined ? '' : ` ("${title}")`}`,
        'The local cloud would have to grant the role always or never, and both are wrong. Leave the condition out of the ' +
          'stack that you deploy locally.',
      ),
    );
  }
  return diagnostics;
}

/**
 * Google refuses a binding for a service account that does not exist. Service agents (`service-NUMBER@...`) and the
 * default accounts outside `*.iam.gserviceaccount.com` are Google's own, and always exist.
 */
function refuseMissingAccount(iam: Iam, member: string): void {
  const email = /^serviceAccount:(.+\.iam\.gserviceaccount\.com)$/.exec(member)?.[1];
  if (email === undefined || /^service-\d+@/.test(email) || iam.serviceAccount(email)) return;
  throw new ResourceError(`Error 400: Service account ${email} does not exist`, {
    detail:
      'Create it first: refer to the "member" of its google_service_account, or name it in "depends_on".',
    path: ['member'],
  });
}

/** Changes whenever the members of the role change, as the etag of a policy does. */
function policyEtag(resource: string, role: string, members: readonly string[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([resource, role, members]))
    .digest();
  return digest.subarray(0, 8).toString('base64');
}
