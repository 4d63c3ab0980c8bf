import type { PolicyRule } from '../policy-rule';

export const bucketForceDestroy = {
  id: 'bucket-force-destroy',
  title: 'a bucket with objects is not destroyed',
  why: 'location and name cannot be changed: a corrected region would delete every object on the way',
  sources: ['Terraform google provider, "google_storage_bucket"'],
  level: 'error',
  notWhereDisposable: true,
  pass: { resource: { google_storage_bucket: { documents: { force_destroy: false } } } },
  fail: { resource: { google_storage_bucket: { documents: { force_destroy: true } } } },
  *check(stack) {
    for (const resource of stack.ofType('google_storage_bucket')) {
      if (!stack.is(resource.attributes['force_destroy'], true)) continue;
      yield {
        resource,
        found: 'forceDestroy is true',
        write: 'take it out, or give service and policy an environment where everything may be destroyed',
      };
    }
  },
} as const satisfies PolicyRule;
