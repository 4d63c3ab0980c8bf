/** Address of a trace on the page of the local cloud at `cloudUrl`. */
export function traceUrl(cloudUrl: string, traceId: string): string {
  return `${cloudUrl}/#/trace/${traceId}`;
}

/**
 * `text` with each of the trace ids a link to the page, which takes no columns (OSC 8, as terminals have it:
 * https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). Unchanged where it is not for a terminal.
 */
export function linkTraces(
  text: string,
  traceIds: readonly string[],
  { cloudUrl, colour }: { readonly cloudUrl: string; readonly colour: boolean },
): string {
  if (!colour) return text;
  return traceIds.reduce(
    (linked, traceId) => linked.replaceAll(traceId, hyperlink(traceId, traceUrl(cloudUrl, traceId))),
    text,
  );
}

function hyperlink(text: string, url: string): string {
  return `\u001B]8;;${url}\u001B\\${text}\u001B]8;;\u001B\\`;
}
