import { Token } from 'cdktf';
import { ValidationError } from './validation';

/** Who can be granted something, but for everybody (IAM, "Principal identifiers"). */
const MEMBER = /^(?:(?:user|serviceAccount|group|domain):|principal(?:Set)?:\/\/)\S+$/;

/**
 * Throws TCR017 for members that stand for everybody, TCR034 for what IAM would not take as one. Tokens pass.
 *
 * @param path of the service that the member may call
 */
export function checkInvoker(path: string, member: string): void {
  if (member === 'allUsers' || member === 'allAuthenticatedUsers') {
    throw new ValidationError(
      'TCR017',
      path,
      `'${member}' would open the service to everybody; write access: Access.public({ reason: '...' }) instead`,
    );
  }
  if (Token.isUnresolved(member) || MEMBER.test(member)) return;
  throw new ValidationError(
    'TCR034',
    path,
    `an IAM member says what it is, as in ${example(member)}, or is a domain:, a principal:// or a principalSet://, ` +
      `got '${member}'`,
  );
}

function example(member: string): string {
  const email = /^[^\s:@]+@[^\s:@]+$/.test(member) ? member : 'jane@example.com';
  if (email.endsWith('.gserviceaccount.com')) return `'serviceAccount:${email}'`;
  return `'user:${email}', 'group:${email}'`;
}
