import { TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { ValidationError } from './validation';

/** Construct paths by region and Cloud Run's name, of every stack. */
const taken = new WeakMap<TerraformStack, Map<string, string>>();

/**
 * Records what a service is called. Throws TCR035 where another one of its stack has the name in the same region: both
 * would be one service, which each deploy of either changes. Tokens pass.
 */
export function claimServiceName(service: Construct, name: string, region: string): void {
  if (Token.isUnresolved(name) || Token.isUnresolved(region)) return;
  const stack = TerraformStack.of(service);
  const paths = taken.get(stack) ?? new Map<string, string>();
  taken.set(stack, paths);
  const key = `${region}/${name}`;
  const first = paths.get(key);
  paths.set(key, first ?? service.node.path);
  if (first === undefined) return;
  throw new ValidationError(
    'TCR035',
    service.node.path,
    `${first} is called '${name}' in ${region} already; write another 'name' here or there, or leave it out`,
  );
}
