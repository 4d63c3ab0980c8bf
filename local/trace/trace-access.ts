/** Who may write traces; asked for every write. */
export interface TraceAccess {
  /** The email of the account that an access token was issued to; undefined for a token nobody issued. */
  authenticate(token: string): string | undefined;
  mayWrite(email: string, projectId: string): boolean;
}

/**
 * Holds `cloudtrace.traces.patch` for Cloud Trace's own API and `telemetry.traces.write` for OTLP
 * (cloud.google.com/iam/docs/roles-permissions/cloudtrace).
 */
export const WRITER_ROLE = 'roles/cloudtrace.agent';

/** A write that is refused. `reason` is the name of the google.rpc code. */
export class TraceRefusal extends Error {
  override readonly name = 'TraceRefusal';
  readonly reason: 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED';

  constructor(reason: TraceRefusal['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The email of the caller. `authorization` is the header or metadata entry of that name. */
export function authenticateWriter(access: TraceAccess, authorization: string | undefined): string {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  const email = token === undefined ? undefined : access.authenticate(token);
  if (email === undefined) {
    throw new TraceRefusal(
      'UNAUTHENTICATED',
      token === undefined
        ? 'The request carries no "Authorization: Bearer" access token; take one from the metadata server.'
        : 'The access token is not one that the metadata server has issued, or it has expired.',
    );
  }
  return email;
}

/** Throws PERMISSION_DENIED unless the account may write into the project. */
export function authorizeWriter(access: TraceAccess, email: string, projectId: string): void {
  if (access.mayWrite(email, projectId)) return;
  throw new TraceRefusal(
    'PERMISSION_DENIED',
    `${email} may not write traces into projects/${projectId}: grant it ${WRITER_ROLE} on the project.`,
  );
}

/** The refusal of spans whose trace is full. */
export function traceFull(refused: number): TraceRefusal {
  return new TraceRefusal('RESOURCE_EXHAUSTED', `${refused} spans were refused because their trace is full.`);
}
