/** Every IAM role the constructs grant. */
export const ROLES = {
  /** Write spans; holds `cloudtrace.traces.patch` and `telemetry.traces.write` (Cloud Trace IAM page). */
  traceAgent: 'roles/cloudtrace.agent',
  /** Call a Cloud Run service. */
  invoker: 'roles/run.invoker',
  /** Read, write, list and delete the objects of a bucket, without touching the bucket itself. */
  objectUser: 'roles/storage.objectUser',
  /** Read and list the objects of a bucket. */
  objectViewer: 'roles/storage.objectViewer',
  /** Read the versions of a secret. */
  secretAccessor: 'roles/secretmanager.secretAccessor',
} as const;
