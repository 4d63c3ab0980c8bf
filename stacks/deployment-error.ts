/** Why a deployment cannot start and what to do about it, in one line. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}
