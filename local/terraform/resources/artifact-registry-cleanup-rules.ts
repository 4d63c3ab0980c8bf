/** What the cleanup policies of a google_artifact_registry_repository must be like. */

import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, refusal, text } from './attributes';

/** https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy */
const MAX_POLICIES = 10;
const ACTIONS = ['DELETE', 'KEEP'];
const TAG_STATES = ['TAGGED', 'UNTAGGED', 'ANY'];

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Everything that Artifact Registry refuses of the policies. They are kept and shown: nothing here grows old. */
export function validateCleanupPolicies(config: Attributes): Diagnostic[] {
  const policies = blocks(config, 'cleanup_policies');
  const ids = policies.flatMap((policy) => text(policy, 'id') ?? []);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  return [
    ...(policies.length > MAX_POLICIES
      ? [
          refuse(
            `A repository has at most ${MAX_POLICIES} cleanup policies`,
            `This one has ${policies.length}.`,
          ),
        ]
      : []),
    ...(repeated === undefined
      ? []
      : [refuse(`Two cleanup policies are called "${repeated}"`, 'Give each its own "id".')]),
    ...policies.flatMap(validatePolicy),
  ];
}

function validatePolicy(policy: Attributes): Diagnostic[] {
  const at = `The cleanup policy "${text(policy, 'id') ?? ''}"`;
  const action = text(policy, 'action');
  const [condition] = blocks(policy, 'condition');
  const [newest] = blocks(policy, 'most_recent_versions');
  if (action !== undefined && !ACTIONS.includes(action)) {
    return [refuse(`${at} has the action "${action}"`, `Write one of ${ACTIONS.join(', ')}.`)];
  }
  const isConditional = isSet(policy, 'condition');
  if (isConditional === isSet(policy, 'most_recent_versions')) {
    const [one, and] = isConditional ? ['both', 'and'] : ['neither', 'nor'];
    return [refuse(`${at} has ${one} "condition" ${and} "most_recent_versions"`, 'Write one of them.')];
  }
  if (newest && action === 'DELETE') {
    return [
      refuse(`${at} deletes the most recent versions`, '"most_recent_versions" is for the action "KEEP".'),
    ];
  }
  const count = newest?.['keep_count'];
  if (typeof count === 'number' && count < 1) {
    return [refuse(`${at} keeps ${count} versions`, 'Write a "keep_count" of at least 1.')];
  }
  return condition ? validateCondition(at, condition) : [];
}

function validateCondition(at: string, condition: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const state = text(condition, 'tag_state');
  if (state !== undefined && !TAG_STATES.includes(state)) {
    diagnostics.push(refuse(`${at} has the tag_state "${state}"`, `Write one of ${TAG_STATES.join(', ')}.`));
  }
  for (const name of ['older_than', 'newer_than']) {
    const duration = text(condition, name);
    if (duration === undefined) continue;
    const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
    const seconds = Number(count) * (SECONDS_OF_UNIT[unit] ?? 1);
    if (count === undefined) {
      diagnostics.push(
        refuse(`${at} has the ${name} "${duration}"`, 'Write a whole number of seconds, such as "2592000s".'),
      );
    } else if (unit !== 's') {
      diagnostics.push({
        severity: 'warning',
        path: ['cleanup_policies'],
        summary: `${at} has the ${name} "${duration}", which Google answers in seconds`,
        detail: `Every plan against Google would show that as a change. Write "${seconds}s".`,
      });
    }
  }
  return diagnostics;
}

/** The policies are a set, whose members Terraform has no path to. */
function refuse(summary: string, detail: string): Diagnostic {
  return refusal(['cleanup_policies'], summary, detail);
}
