/** What the configuration of a google_storage_bucket must be like. */

import { softDeleteProblem } from '../../storage/bucket-fields';
import { bucketNameProblem } from '../../storage/cloud-storage';
import { locationType } from '../../storage/locations';
import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, projectDiagnostics, refusal, text } from './attributes';

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  storage_class: ['STANDARD', 'MULTI_REGIONAL', 'REGIONAL', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
  public_access_prevention: ['inherited', 'enforced'],
  rpo: ['DEFAULT', 'ASYNC_TURBO'],
};

const MAX_LIFECYCLE_RULES = 100;

/** What would change how a bucket behaves and is not modelled, in words that finish "... of a bucket". */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  autoclass: 'Autoclass',
  cors: 'CORS',
  custom_placement_config: 'the configurable dual-region',
  default_event_based_hold: 'the default event-based hold',
  enable_object_retention: 'object retention',
  encryption: 'the encryption key',
  hierarchical_namespace: 'the hierarchical namespace',
  ip_filter: 'the IP filter',
  logging: 'the access log',
  requester_pays: 'billing of the requester',
  retention_policy: 'the retention policy',
  website: 'the website configuration',
};

/** Everything that Cloud Storage refuses of a bucket, and what is not modelled. */
export function validateBucket(config: Attributes): Diagnostic[] {
  return [
    ...projectDiagnostics(config),
    ...Object.entries(NOT_MODELLED)
      .filter(([name]) => isSet(config, name) && config[name] !== false)
      .map(([name, what]) =>
        refusal(
          [name],
          `"${name}" is not modelled in the local cloud`,
          `A bucket here would behave as if ${what} were not there. Leave it out of the stack that you deploy locally.`,
        ),
      ),
    ...validateNameAndPlace(config),
    ...validateChoices(config),
    ...validateLifecycle(config),
  ];
}

function validateNameAndPlace(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const name = text(config, 'name');
  const problem = name === undefined ? undefined : bucketNameProblem(name);
  if (problem !== undefined)
    diagnostics.push(refusal(['name'], `"${name}" cannot be a bucket's name`, problem));
  const location = text(config, 'location');
  const type = location === undefined ? undefined : locationType(location);
  if (location !== undefined && type === undefined) {
    diagnostics.push(
      refusal(
        ['location'],
        `Cloud Storage has no location "${location}"`,
        'Write a region such as "EUROPE-WEST1", a dual-region such as "EUR4", or a multi-region: "EU", "US" or "ASIA".',
      ),
    );
  }
  if (config['rpo'] === 'ASYNC_TURBO' && type !== undefined && type !== 'dual-region') {
    diagnostics.push(
      refusal(
        ['rpo'],
        'Turbo replication is for dual-regions',
        `"${location}" is a ${type}; write "DEFAULT" or nothing.`,
      ),
    );
  }
  return diagnostics;
}

function validateChoices(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value = text(config, name);
    if (value !== undefined && !allowed.includes(value)) {
      diagnostics.push(refusal([name], `"${value}" is not a ${name}`, `Allowed are ${allowed.join(', ')}.`));
    }
  }
  const seconds = blocks(config, 'soft_delete_policy')[0]?.['retention_duration_seconds'];
  const problem = typeof seconds === 'number' ? softDeleteProblem(seconds) : undefined;
  if (typeof seconds === 'number' && problem !== undefined) {
    diagnostics.push(
      refusal(
        ['soft_delete_policy', 0, 'retention_duration_seconds'],
        `Soft delete cannot keep objects for ${seconds} s`,
        problem,
      ),
    );
  }
  return diagnostics;
}

function validateLifecycle(config: Attributes): Diagnostic[] {
  const rules = blocks(config, 'lifecycle_rule');
  const diagnostics = rules.flatMap((rule, index) =>
    blocks(rule, 'action').flatMap((action) => {
      const type = text(action, 'type');
      if (
        type !== undefined &&
        !['Delete', 'SetStorageClass', 'AbortIncompleteMultipartUpload'].includes(type)
      ) {
        return [
          refusal(
            ['lifecycle_rule', index, 'action'],
            `"${type}" is not a lifecycle action`,
            'Allowed are Delete, SetStorageClass and AbortIncompleteMultipartUpload.',
          ),
        ];
      }
      if (type !== 'SetStorageClass' || isSet(action, 'storage_class')) return [];
      return [
        refusal(
          ['lifecycle_rule', index, 'action'],
          'SetStorageClass needs a "storage_class"',
          'Say which class.',
        ),
      ];
    }),
  );
  if (rules.length > MAX_LIFECYCLE_RULES) {
    diagnostics.push(
      refusal(
        ['lifecycle_rule'],
        `A bucket has at most ${MAX_LIFECYCLE_RULES} lifecycle rules`,
        `This one has ${rules.length}.`,
      ),
    );
  }
  return diagnostics;
}
