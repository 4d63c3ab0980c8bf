export { CloudRunPolicy, type CloudRunPolicyOptions, type WaiverOptions } from './cloud-run-policy';
export { POLICY_RULES, type PolicyRuleId } from './rules';
export { leaveToConstruct } from './waivers';
