import { getDocumentProxy, getMeta, getResolvedPDFJS } from 'unpdf';
import { CorruptDocumentError, EncryptedDocumentError } from '../errors';
import type { ExtractedText } from './extract-text';

/** Pages that are read; a page with no text still costs its parsing. */
const MAX_PAGES = 200;

/** PDF.js's verbosity for nothing at all: it would write its warnings to stdout, where log lines are. */
const SILENT = 0;

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/**
 * Text of the first pages, and the title in the document's metadata.
 * @param maxLength after which no further page is read.
 * @throws CorruptDocumentError when it is not a PDF that can be read.
 * @throws EncryptedDocumentError when it cannot be opened without a password.
 */
export async function pdfToText(content: Uint8Array, maxLength: number): Promise<ExtractedText> {
  // Not being able to load PDF.js is not the document's fault.
  await getResolvedPDFJS();
  let pdf: PdfDocument | undefined;
  try {
    // A copy, because PDF.js takes the buffer away from its owner.
    pdf = await getDocumentProxy(new Uint8Array(content), { verbosity: SILENT });
    return await readDocument(pdf, maxLength);
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') throw new EncryptedDocumentError();
    throw new CorruptDocumentError(error);
  } finally {
    await pdf?.destroy();
  }
}

async function readDocument(pdf: PdfDocument, maxLength: number): Promise<ExtractedText> {
  const pages: string[] = [];
  let length = 0;
  while (pages.length < Math.min(pdf.numPages, MAX_PAGES) && length <= maxLength) {
    const page = await readPage(pdf, pages.length + 1);
    length += page.length;
    pages.push(page);
  }
  const { info } = await getMeta(pdf);
  const title: unknown = info['Title'];
  return {
    title: typeof title === 'string' ? title : undefined,
    text: pages.join('\n'),
    truncated: pages.length < pdf.numPages,
  };
}

async function readPage(pdf: PdfDocument, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  return items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('');
}
