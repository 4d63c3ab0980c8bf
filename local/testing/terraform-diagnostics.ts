/** A diagnostic as `terraform -json` prints it. */
export interface TerraformDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** Resource address, where there is one. */
  readonly address?: string;
  /** Source text around the place, where Terraform could tell it. `context` is such as `resource.google_x.y`. */
  readonly snippet?: { readonly context: string | null; readonly code: string };
}

/** The diagnostics among the JSON lines of a command with `-json`. */
export function diagnosticsOf(stdout: string): TerraformDiagnostic[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const { type, diagnostic }: { type?: string; diagnostic?: TerraformDiagnostic } = JSON.parse(line);
      return type === 'diagnostic' && diagnostic ? [diagnostic] : [];
    });
}

/** The summary with its place, and the detail below it. */
export function renderDiagnostic({ summary, detail, address, snippet }: TerraformDiagnostic): string {
  const where = address ?? snippet?.context;
  const headline = where ? `${where}: ${summary}` : summary;
  return [headline, ...detail.split('\n').filter((line) => line.trim() !== '')].join('\n  ');
}
