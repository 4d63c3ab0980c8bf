/** What the Trace explorer shows by a link: the value of `traceQuery` in its address. */
export function tracesShownBy(link = ''): unknown {
  const [, query = ''] = /\/traces\/explorer;query=([^?]*)\?/.exec(link) ?? [];
  const { traceQuery }: { readonly traceQuery: unknown } = JSON.parse(decodeURIComponent(query));
  return traceQuery;
}
