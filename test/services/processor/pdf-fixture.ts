export interface PdfContent {
  /** One line of text per page; no line is an empty page. */
  readonly pages: readonly string[];
  readonly title?: string;
  /** Asks for a password that nobody knows. */
  readonly encrypted?: boolean;
}

/** A small PDF 1.4 file with Helvetica text. */
export function createPdf({ pages, title, encrypted = false }: PdfContent): Buffer {
  const firstPage = 4;
  const kids = pages.map((_text, index) => `${firstPage + 2 * index} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((text, index) => {
      const drawing = text === '' ? '' : `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${firstPage + 2 * index + 1} 0 R ` +
          '/Resources << /Font << /F1 3 0 R >> >> >>',
        `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
      ];
    }),
    `<< ${title === undefined ? '' : `/Title (${title})`} >>`,
  ];
  const info = objects.length;
  const nobody = '00'.repeat(32);
  objects.push(`<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${nobody}> /U <${nobody}> >>`);

  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const encryption = encrypted ? `/Encrypt ${objects.length} 0 R /ID [<00> <00>]` : '';
  const size = objects.length + 1;
  return Buffer.from(
    `${file}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n` +
      `<< /Size ${size} /Root 1 0 R /Info ${info} 0 R ${encryption} >>\nstartxref\n${file.length}\n%%EOF\n`,
    'latin1',
  );
}
