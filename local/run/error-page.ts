const ERRORS = {
  401: { title: 'Unauthorized', text: 'Your client does not have permission to get URL' },
  403: { title: 'Forbidden', text: 'Your client does not have permission to get URL' },
  404: { title: 'Page not found', text: 'The requested URL was not found:' },
} as const;

/** The page that a caller gets whom ingress or IAM does not let through, in the manner of Google's. `path` may be hostile. */
export function errorPage(status: keyof typeof ERRORS, path: string): string {
  const shown = path.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const { title, text } = ERRORS[status];
  return [
    '<html><head>',
    `<title>${status} ${title}</title>`,
    '</head>',
    '<body>',
    `<h1>Error: ${title}</h1>`,
    `<h2>${text} <code>${shown}</code>${status === 404 ? '' : ' from this server'}.</h2>`,
    '</body></html>',
    '',
  ].join('\n');
}
