import { additiveIam } from './additive-iam';
import { alertAppliesAtOnce } from './alert-applies-at-once';
import { apisStayEnabled } from './apis-stay-enabled';
import { boundedMetricLabels } from './bounded-metric-labels';
import { bucketCoLocated } from './bucket-co-located';
import { bucketForceDestroy } from './bucket-force-destroy';
import { bucketPublicAccessPrevention } from './bucket-public-access-prevention';
import { bucketSingleRegion } from './bucket-single-region';
import { bucketSoftDelete } from './bucket-soft-delete';
import { bucketUniformAccess } from './bucket-uniform-access';
import { bucketVersioning } from './bucket-versioning';
import { cpuAfterAnswer } from './cpu-after-answer';
import { grantsBeforeStart } from './grants-before-start';
import { grantsOnResource } from './grants-on-resource';
import { immutableImage } from './immutable-image';
import { noBroadRoles } from './no-broad-roles';
import { noServiceAccountKeys } from './no-service-account-keys';
import { oneSamplingPolicy } from './one-sampling-policy';
import { ownServiceAccount } from './own-service-account';
import { pinnedSecretVersion } from './pinned-secret-version';
import { publicAccessReason } from './public-access-reason';
import { secretsByReference } from './secrets-by-reference';
import { serviceDeletionProtection } from './service-deletion-protection';
import { statedIngress } from './stated-ingress';
import { statedLimits } from './stated-limits';
import { statedSampling } from './stated-sampling';
import { timeoutAboveDeadlines } from './timeout-above-deadlines';
import { traceAgentRole } from './trace-agent-role';
import { unbrokenTrace } from './unbroken-trace';
import type { PolicyRule } from '../policy-rule';

/** Every rule: accounts and grants, who gets in, services, buckets, traces, alerts. */
export const POLICY_RULES = [
  ownServiceAccount,
  noBroadRoles,
  grantsOnResource,
  noServiceAccountKeys,
  additiveIam,
  grantsBeforeStart,
  publicAccessReason,
  statedIngress,
  secretsByReference,
  pinnedSecretVersion,
  immutableImage,
  statedLimits,
  serviceDeletionProtection,
  apisStayEnabled,
  bucketUniformAccess,
  bucketPublicAccessPrevention,
  bucketVersioning,
  bucketSoftDelete,
  bucketForceDestroy,
  bucketCoLocated,
  bucketSingleRegion,
  traceAgentRole,
  unbrokenTrace,
  statedSampling,
  oneSamplingPolicy,
  cpuAfterAnswer,
  timeoutAboveDeadlines,
  alertAppliesAtOnce,
  boundedMetricLabels,
] as const satisfies readonly PolicyRule[];

/** Id of a rule, as findings and waivers name it. */
export type PolicyRuleId = (typeof POLICY_RULES)[number]['id'];
