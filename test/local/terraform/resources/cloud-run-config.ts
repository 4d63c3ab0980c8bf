/** Configurations of one Cloud Run service. */

export const ADDRESS = 'google_cloud_run_v2_service.gateway';
export const EMAIL = 'gateway@local-test.iam.gserviceaccount.com';

interface ServiceConfig extends Record<string, unknown> {
  readonly resource: { readonly google_cloud_run_v2_service: { readonly gateway: object } };
}

/** A service with everything our own construct sets. */
export const service = (
  attributes: object = {},
  template: object = {},
  container: object = {},
): ServiceConfig => ({
  resource: {
    google_cloud_run_v2_service: {
      gateway: {
        name: 'gateway',
        location: 'europe-west1',
        deletion_protection: false,
        labels: { team: 'documents' },
        invoker_iam_disabled: true,
        template: {
          service_account: EMAIL,
          timeout: '30s',
          max_instance_request_concurrency: 20,
          scaling: { min_instance_count: 0, max_instance_count: 4 },
          containers: [
            {
              image: 'image:1',
              ports: { container_port: 8080 },
              env: [{ name: 'GREETING', value: 'hello' }],
              resources: { limits: { cpu: '1', memory: '512Mi' }, cpu_idle: true, startup_cpu_boost: true },
              startup_probe: { http_get: { path: '/healthz' }, period_seconds: 2, failure_threshold: 5 },
              liveness_probe: { http_get: { path: '/healthz' } },
              ...container,
            },
          ],
          ...template,
        },
        ...attributes,
      },
    },
  },
});

export const minimal = (attributes: object = {}): ServiceConfig => ({
  resource: {
    google_cloud_run_v2_service: {
      gateway: {
        name: 'gateway',
        location: 'europe-west1',
        template: { containers: [{ image: 'image:1' }] },
        ...attributes,
      },
    },
  },
});
