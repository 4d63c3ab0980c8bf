const TITLES = { 401: 'Unauthorized', 403: 'Forbidden' } as const;

/** The page that a caller gets whom IAM does not let through, in the manner of Google's. `path` may be hostile. */
export function errorPage(status: 401 | 403, path: string): string {
  const shown = path.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return [
    '<html><head>',
    `<title>${status} ${TITLES[status]}</title>`,
    '</head>',
    '<body>',
    `<h1>Error: ${TITLES[status]}</h1>`,
    `<h2>Your client does not have permission to get URL <code>${shown}</code> from this server.</h2>`,
    '</body></html>',
    '',
  ].join('\n');
}
