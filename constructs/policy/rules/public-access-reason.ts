import { blocks, list } from '../attributes';
import { CLOUD_RUN_SERVICE } from '../cloud-run-services';
import { grantsOf } from '../grants';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedResource, SynthesizedStack } from '../synthesized-stack';

const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'];
/** What Access.public() writes into the description of a service. */
const REASON = /^Public: \S/;
const WRITE =
  "take it out, or say why in the service: access: Access.public({ reason: '...' }), in a service without it " +
  "description: 'Public: ...'";

export const publicAccessReason = {
  id: 'public-access-reason',
  title: 'nothing is open to everybody but services that say why in their description',
  why: 'one line opens a service or a bucket to the internet, and nobody can tell later whether it was meant',
  sources: ['CKV_GCP_28', 'CKV_GCP_102 (first generation only)', 'CKV_GCP_113', 'GCP-0001', 'CIS 5.1'],
  level: 'error',
  pass: openService('Public: anybody may send a document'),
  fail: openService('Takes documents'),
  *check(stack) {
    for (const resource of stack.ofType(CLOUD_RUN_SERVICE)) {
      if (!stack.is(resource.attributes['invoker_iam_disabled'], true) || saysWhy(resource, stack)) continue;
      yield { resource, found: 'invokerIamDisabled is true, so everybody may call it', write: WRITE };
    }
    for (const { resource, members } of [...grantsOf(stack), ...otherGrants(stack)]) {
      const member = members.map((one) => stack.text(one)).find((one) => EVERYBODY.includes(one ?? ''));
      if (member === undefined || saysWhy(serviceOf(resource, stack), stack)) continue;
      yield { resource, found: `it lets in ${member}`, write: WRITE };
    }
  },
} as const satisfies PolicyRule;

/** Grants in policies that are given as a whole, and in access lists of buckets and objects. */
function otherGrants(stack: SynthesizedStack): { resource: SynthesizedResource; members: unknown[] }[] {
  return stack.resources.flatMap((resource) => {
    const { type, attributes } = resource;
    if (type === 'google_iam_policy') {
      const members = blocks(attributes, 'binding').flatMap((binding) => list(binding, 'members'));
      return [{ resource, members }];
    }
    const isList = /^google_storage_.*access_control$/.test(type);
    return isList ? [{ resource, members: [attributes['entity']] }] : [];
  });
}

/** The Cloud Run service that a grant is on, named by reference or by its name. */
function serviceOf({ type, attributes }: SynthesizedResource, stack: SynthesizedStack) {
  if (!type.startsWith(`${CLOUD_RUN_SERVICE}_iam_`)) return undefined;
  const { name } = attributes;
  const text = stack.text(name);
  return (
    stack.referenced(name).find((resource) => resource.type === CLOUD_RUN_SERVICE) ??
    stack
      .ofType(CLOUD_RUN_SERVICE)
      .find((service) => text !== undefined && stack.text(service.attributes['name']) === text)
  );
}

function saysWhy(service: SynthesizedResource | undefined, stack: SynthesizedStack): boolean {
  return REASON.test(stack.text(service?.attributes['description']) ?? '');
}

function openService(description: string) {
  return {
    resource: {
      google_cloud_run_v2_service: { api: { name: 'api', description } },
      google_cloud_run_v2_service_iam_member: {
        public: {
          name: '${google_cloud_run_v2_service.api.name}',
          role: 'roles/run.invoker',
          member: 'allUsers',
        },
      },
    },
  };
}
