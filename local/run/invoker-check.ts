import type { IncomingHttpHeaders } from 'node:http';
import type { Iam } from '../iam/iam';
import type { Tokens, Verification } from '../iam/tokens';
import { iamResourceName, type ServiceSpec } from './service-spec';

/**
 * Why a request may not call the service, and the status that says so: 401 for a token that cannot be verified, such as
 * one for another audience, and 403 for no token or one of a caller without the role. Null when it may.
 */
export type Refusal = { readonly status: 401 | 403; readonly reason: string } | null;

/** Roles that may invoke a service (cloud.google.com/run/docs/securing/authenticating). */
export const INVOKER_ROLES = ['roles/run.invoker', 'roles/run.admin', 'roles/editor', 'roles/owner'] as const;

/** Checks callers as Cloud Run does before the container sees a request. */
export class InvokerCheck {
  readonly #iam: Iam;
  readonly #tokens: Tokens;

  constructor(iam: Iam, tokens: Tokens) {
    this.#iam = iam;
    this.#tokens = tokens;
  }

  /** Where the caller runs, as far as its token tells; callers of public services may send one too. */
  regionOf(headers: IncomingHttpHeaders): string | undefined {
    const token = bearerToken(headers);
    return token === undefined ? undefined : this.#tokens.regionOf(token);
  }

  /**
   * Who the caller is, by its ID token; undefined where it sent none, as callers of public services need not. `uri` is the
   * audience that ID tokens must have, unless the service names others of its own.
   */
  identify(spec: ServiceSpec, uri: string, headers: IncomingHttpHeaders): Verification | undefined {
    const token = bearerToken(headers);
    return token === undefined
      ? undefined
      : this.#tokens.verifyIdToken(token, [uri, ...spec.customAudiences]);
  }

  check(spec: ServiceSpec, caller: Verification | undefined): Refusal {
    const resources = [
      iamResourceName(spec),
      `//cloudresourcemanager.googleapis.com/projects/${spec.projectId}`,
    ];
    if (spec.invokerIamDisabled || this.#iam.allows(resources, INVOKER_ROLES, undefined)) return null;
    if (caller === undefined) {
      return { status: 403, reason: 'the request has no ID token in Authorization: Bearer' };
    }
    if ('reason' in caller) return { status: 401, reason: `the ID token is not valid: ${caller.reason}` };
    if (this.#iam.allows(resources, INVOKER_ROLES, caller.email)) return null;
    return {
      status: 403,
      reason: `${caller.email} has no role with run.routes.invoke on service '${spec.name}', such as roles/run.invoker`,
    };
  }
}

function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  // The first header is for callers that need Authorization for the service's own use.
  const authorization = headers['x-serverless-authorization'] ?? headers.authorization;
  return typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
}
