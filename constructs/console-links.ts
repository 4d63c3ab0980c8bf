/** Links into the Google Cloud console. Project, service and region may be tokens: they need no encoding in an address. */

/** The Logs Explorer with the requests of a Cloud Run service that took longer than `slowerThanMs`, each with its trace. */
export function slowRequestsLink(
  projectId: string,
  service: { readonly name: string; readonly region: string },
  slowerThanMs: number,
): string {
  const query = [
    encode('resource.type="cloud_run_revision"'),
    `${encode('resource.labels.service_name="')}${service.name}${encode('"')}`,
    `${encode('resource.labels.location="')}${service.region}${encode('"')}`,
    encode('log_id("run.googleapis.com/requests")'),
    encode(`httpRequest.latency>"${slowerThanMs / 1000}s"`),
  ].join(encode('\n'));
  return `https://console.cloud.google.com/logs/query;query=${query}?project=${projectId}`;
}

/** The Trace explorer of a project. Its address takes no filter. */
export function traceExplorerLink(projectId: string): string {
  return `https://console.cloud.google.com/traces/explorer?project=${projectId}`;
}

/** Parentheses are encoded as well: they would end the address within a Markdown link. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29');
}
