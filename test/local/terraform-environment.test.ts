import { terraformEnvironment } from '../../local/terraform-environment';

const POINTERS = {
  reattach: '{}',
  registryUrl: 'http://127.0.0.1:1',
  proxyUrl: 'http://127.0.0.1:2',
  caFile: '/data/ca.pem',
};

it('has nothing of the caller that leads to a real account or past the proxy', () => {
  const environment = terraformEnvironment(
    {
      PATH: '/bin',
      TERRAFORM_BINARY_NAME: 'tofu',
      TF_CLI_ARGS: '-refresh=false',
      GOOGLE_APPLICATION_CREDENTIALS: '/home/me/key.json',
      CLOUDSDK_CONFIG: '/home/me/.config/gcloud',
      https_proxy: 'http://proxy.example.com',
      http_proxy: 'http://proxy.example.com',
      ALL_PROXY: 'http://proxy.example.com',
      GRPC_PROXY: 'http://proxy.example.com',
      GCE_METADATA_HOST: 'metadata.example.com',
      METADATA_SERVER_DETECTION: 'assume-present',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example.com',
      no_proxy: '*',
    },
    POINTERS,
  );
  expect(environment).toEqual({
    PATH: '/bin',
    TERRAFORM_BINARY_NAME: 'tofu',
    TF_REATTACH_PROVIDERS: '{}',
    LOCAL_CLOUD_REGISTRY: 'http://127.0.0.1:1',
    HTTPS_PROXY: 'http://127.0.0.1:2',
    HTTP_PROXY: 'http://127.0.0.1:2',
    NO_PROXY: '127.0.0.1,localhost',
    SSL_CERT_FILE: '/data/ca.pem',
    CHECKPOINT_DISABLE: '1',
    CDKTF_SKIP_PROVIDER_LOCK: 'true',
    CI: 'true',
  });
});
