/** google_service_account, google_service_account_iam_member and google_project_iam_member. */

import { randomInt } from 'node:crypto';
import type { Iam, ServiceAccount } from '../../iam/iam';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import {
  goneError,
  planDefaults,
  projectDiagnostics,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';
import { iamMember } from './iam-member';

interface IamProducts {
  readonly iam: Iam;
}

/** 6 to 30 characters: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/create */
const ACCOUNT_ID = /^[a-z][-a-z0-9]{4,28}[a-z0-9]$/;

/** Of the same page. */
const MAX_DESCRIPTION_BYTES = 256;

const DEFAULTS = { disabled: false };

/** `google_service_account`. */
export const serviceAccount: ResourceType<IamProducts> = {
  type: 'google_service_account',
  replaceOn: ['account_id', 'project'],
  defaults: Object.keys(DEFAULTS),
  validate: validateServiceAccount,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
    const accountId = text(planned, 'account_id');
    const project = text(planned, 'project');
    if (accountId !== undefined && project !== undefined) Object.assign(planned, namesOf(accountId, project));
  },

  async create(planned, { products: { iam } }) {
    refuseErrors(validateServiceAccount(planned));
    const project = requiredText(planned, 'project');
    const { email, name } = namesOf(requiredText(planned, 'account_id'), project);
    const settings = settingsOf(planned);
    const account = iam.createServiceAccount({
      projectId: project,
      email,
      uniqueId: newUniqueId(),
      ...settings,
    });
    if (account) return attributesOf(account, planned);
    const existing = iam.serviceAccount(email);
    if (!existing || planned['create_ignore_already_exists'] !== true) {
      throw new ResourceError(`Error 409: Service account ${name} already exists`, {
        detail:
          'Give this one another "account_id", or set "create_ignore_already_exists" to take that one over.',
        path: ['account_id'],
      });
    }
    return attributesOf(Object.assign(existing, settings), planned);
  },

  async read(state, { products: { iam } }) {
    const account = iam.serviceAccount(requiredText(state, 'email'));
    return account ? attributesOf(account, state) : null;
  },

  async update(planned, prior, { products: { iam } }) {
    refuseErrors(validateServiceAccount(planned));
    const email = requiredText(prior, 'email');
    const account = iam.serviceAccount(email);
    if (!account) throw goneError(`Service account ${email}`);
    return attributesOf(Object.assign(account, settingsOf(planned)), planned);
  },

  async delete(state, { products: { iam } }) {
    iam.deleteServiceAccount(requiredText(state, 'email'));
    iam.deletePolicy(`//iam.googleapis.com/${requiredText(state, 'name')}`);
  },
};

/** `google_service_account_iam_member`: who may act as a service account. */
export const serviceAccountIamMember = iamMember<IamProducts>({
  type: 'google_service_account_iam_member',
  targetAttributes: ['service_account_id'],
  target(attributes, { products: { iam } }) {
    const name = requiredText(attributes, 'service_account_id');
    if (!iam.serviceAccount(emailOf(name))) {
      throw new ResourceError(`Error 404: Service account ${name} does not exist`, {
        detail: 'Write the "name" of a google_service_account, "projects/PROJECT/serviceAccounts/EMAIL".',
        path: ['service_account_id'],
      });
    }
    return { id: name, resource: `//iam.googleapis.com/${name}` };
  },
  targetExists: (attributes, { products: { iam } }) =>
    iam.serviceAccount(emailOf(requiredText(attributes, 'service_account_id'))) !== undefined,
});

/** `google_project_iam_member`. */
export const projectIamMember = iamMember<IamProducts>({
  type: 'google_project_iam_member',
  targetAttributes: ['project'],
  validate(config) {
    const member = text(config, 'member');
    if (member !== 'allUsers' && member !== 'allAuthenticatedUsers') return [];
    return [
      {
        severity: 'error',
        summary: `"${member}" cannot be a member of a project`,
        detail: 'Grant the role on the one resource that is meant to be public, such as a Cloud Run service.',
        path: ['member'],
      },
    ];
  },
  target(attributes) {
    const project = requiredText(attributes, 'project').replace(/^projects\//, '');
    return { id: project, resource: `//cloudresourcemanager.googleapis.com/projects/${project}` };
  },
  targetExists: () => true,
});

function validateServiceAccount(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const accountId = text(config, 'account_id');
  if (accountId !== undefined && !ACCOUNT_ID.test(accountId)) {
    diagnostics.push(
      refusal(
        ['account_id'],
        `"${accountId}" cannot be a service account's id`,
        `It has ${accountId.length} characters. Allowed are 6 to 30 lower-case letters, digits and hyphens, starting with a ` +
          'letter and not ending with a hyphen.',
      ),
    );
  }
  const descriptionBytes = Buffer.byteLength(text(config, 'description') ?? '');
  if (descriptionBytes > MAX_DESCRIPTION_BYTES) {
    diagnostics.push(
      refusal(
        ['description'],
        `A service account's description has at most ${MAX_DESCRIPTION_BYTES} bytes`,
        `This one has ${descriptionBytes}.`,
      ),
    );
  }
  return diagnostics;
}

function namesOf(
  accountId: string,
  project: string,
): { email: string; member: string; name: string; id: string } {
  const email = `${accountId}@${project}.iam.gserviceaccount.com`;
  const name = `projects/${project}/serviceAccounts/${email}`;
  return { email, member: `serviceAccount:${email}`, name, id: name };
}

function emailOf(name: string): string {
  return name.replace(/^projects\/[^/]+\/serviceAccounts\//, '');
}

function settingsOf(planned: Attributes): Pick<ServiceAccount, 'displayName' | 'description' | 'disabled'> {
  return {
    displayName: text(planned, 'display_name') ?? '',
    description: text(planned, 'description') ?? '',
    disabled: planned['disabled'] === true,
  };
}

function attributesOf(account: ServiceAccount, prior: Attributes): Attributes {
  const accountId = account.email.slice(0, account.email.indexOf('@'));
  return {
    ...prior,
    ...namesOf(accountId, account.projectId),
    account_id: accountId,
    project: account.projectId,
    unique_id: account.uniqueId,
    display_name: account.displayName === '' && prior['display_name'] === null ? null : account.displayName,
    description: account.description === '' && prior['description'] === null ? null : account.description,
    disabled: account.disabled,
  };
}

/** Google's are 21 digits and start with 1. */
function newUniqueId(): string {
  return `1${String(randomInt(10 ** 10)).padStart(10, '0')}${String(randomInt(10 ** 10)).padStart(10, '0')}`;
}
