/** Where a Terraform that is to deploy to a local cloud finds it. */
export interface TerraformPointers {
  /** Value of TF_REATTACH_PROVIDERS. */
  readonly reattach: string;
  /** Takes images, for the step of a deploy that publishes them. */
  readonly registryUrl: string;
  /** The only way out; refuses what is not modelled. */
  readonly proxyUrl: string;
  readonly caFile: string;
}

/**
 * Variables by which Terraform, the google provider or gcloud could find somebody's real account or settings, those of
 * proxies, where some programs read the lower case first, and those that make Terraform send traces of itself.
 */
const LEADS_ELSEWHERE =
  /^(TF_|GOOGLE_|GCLOUD_|GCP_|GCE_|METADATA_|CLOUDSDK_|OTEL_|USE_STDOUT_|(https?|grpc|all|no)_proxy$)/i;

/**
 * The environment of a process that runs cdktf and Terraform against a local cloud: that of the caller without
 * anything that leads to a real one. It is given to child processes only; exported in a shell, it would send a real
 * deploy to the local cloud.
 */
export function terraformEnvironment(
  inherited: NodeJS.ProcessEnv,
  pointers: TerraformPointers,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([name]) => !LEADS_ELSEWHERE.test(name));
  return {
    ...Object.fromEntries(kept),
    TF_REATTACH_PROVIDERS: pointers.reattach,
    LOCAL_CLOUD_REGISTRY: pointers.registryUrl,
    HTTPS_PROXY: pointers.proxyUrl,
    HTTP_PROXY: pointers.proxyUrl,
    NO_PROXY: '127.0.0.1,localhost',
    SSL_CERT_FILE: pointers.caFile,
    CHECKPOINT_DISABLE: '1',
    // cdktf would run `terraform providers lock`, which asks the public registry whatever is attached. Only `true` counts.
    CDKTF_SKIP_PROVIDER_LOCK: 'true',
    // Plain lines instead of a redrawn screen.
    CI: 'true',
  };
}
