import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The environment of somebody who is logged in at Google in every way there is, and whose proxies, metadata server and
 * collector listen on a port of this machine.
 *
 * @param home directory for what that person keeps in files
 * @param id is a part of every value that must not get any further
 */
export function callerEnvironment(home: string, id: string, port: number): NodeJS.ProcessEnv {
  const configuration = join(home, `gcloud-${id}`);
  mkdirSync(join(home, '.config', 'gcloud'), { recursive: true });
  mkdirSync(configuration);
  const key = JSON.stringify(serviceAccountKey(id));
  const keyFile = join(configuration, 'key.json');
  for (const directory of [configuration, join(home, '.config', 'gcloud')]) {
    writeFileSync(join(directory, 'application_default_credentials.json'), key);
  }
  writeFileSync(keyFile, key);
  const proxy = `http://${id}@127.0.0.1:${port}`;
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: home,
    GOOGLE_APPLICATION_CREDENTIALS: keyFile,
    GOOGLE_CREDENTIALS: key,
    GOOGLE_OAUTH_ACCESS_TOKEN: `ya29.${id}`,
    GOOGLE_CLOUD_PROJECT: `project-${id}`,
    GOOGLE_PROJECT: `project-${id}`,
    GOOGLE_CLOUD_QUOTA_PROJECT: `project-${id}`,
    GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: `deployer@project-${id}.iam.gserviceaccount.com`,
    GCLOUD_PROJECT: `project-${id}`,
    CLOUDSDK_CONFIG: configuration,
    CLOUDSDK_CORE_PROJECT: `project-${id}`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: `ya29.${id}`,
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: keyFile,
    GCE_METADATA_HOST: `127.0.0.1:${port}`,
    GCE_METADATA_IP: `127.0.0.1:${port}`,
    GCE_METADATA_ROOT: `127.0.0.1:${port}`,
    METADATA_SERVER_DETECTION: 'assume-present',
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    ALL_PROXY: proxy,
    all_proxy: proxy,
    GRPC_PROXY: proxy,
    grpc_proxy: proxy,
    // Terraform itself sends spans where these say so.
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/${id}`,
    OTEL_EXPORTER_OTLP_INSECURE: 'true',
    TF_VAR_token: `xoxb-${id}`,
    TF_CLI_ARGS_apply: `-var=token=${id}`,
  };
}

/** As Google gives them out, of an account that does not exist. */
function serviceAccountKey(id: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    type: 'service_account',
    project_id: `project-${id}`,
    private_key_id: id,
    private_key: privateKey,
    client_email: `deployer@project-${id}.iam.gserviceaccount.com`,
    client_id: '123456789012345678901',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
  };
}
