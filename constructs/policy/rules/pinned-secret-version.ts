import { block, blocks, isUnreadable, type Attributes } from '../attributes';
import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const pinnedSecretVersion = {
  id: 'pinned-secret-version',
  title: 'secrets in environment variables and volumes name their version',
  why: 'latest is read when an instance starts, or a file of it is opened, so instances of one revision differ, and going back to an older revision does not bring the older secret back',
  sources: ['Cloud Run, "Configure secrets"'],
  level: 'error',
  pass: withVersion('3'),
  fail: withVersion('latest'),
  *check(stack) {
    for (const { resource, template, variables } of cloudRunServices(stack)) {
      const uses = [
        ...variables.flatMap(({ name, secret }) =>
          secret ? [{ user: `the variable ${name} takes`, version: secret['version'] }] : [],
        ),
        ...versionsInVolumes(template).map(({ volume, version }) => ({
          user: `the volume ${stack.text(volume['name']) ?? ''} mounts`,
          version,
        })),
      ];
      for (const { user, version } of uses) {
        if (version !== undefined && stack.text(version) !== 'latest') continue;
        yield {
          resource,
          found: `${user} ${version === undefined ? 'no version' : "the version 'latest'"} of its secret`,
          write: "write the number, such as version: '3'",
        };
      }
    }
  },
} as const satisfies PolicyRule;

interface VolumeVersion {
  readonly volume: Attributes;
  readonly version: unknown;
}

/** A secret without items is one file of its latest version. */
function versionsInVolumes(template: Attributes | undefined): VolumeVersion[] {
  return blocks(template, 'volumes').flatMap((volume) => {
    const secret = block(volume, 'secret');
    if (!secret || isUnreadable(secret, 'items')) return [];
    const items = blocks(secret, 'items');
    if (items.length === 0) return [{ volume, version: undefined }];
    return items.map(({ version }) => ({ volume, version }));
  });
}

function withVersion(version: string) {
  const variable = {
    name: 'STRIPE_KEY',
    value_source: { secret_key_ref: { secret: 'stripe-key', version } },
  };
  return {
    resource: { google_cloud_run_v2_service: { api: { template: { containers: [{ env: [variable] }] } } } },
  };
}
