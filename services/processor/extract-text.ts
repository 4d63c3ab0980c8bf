import type { DocumentContentType } from '../document';
import { log } from '../telemetry';
import { htmlToText, markdownToText } from './markup-text';
import { runWithin } from './run-within';
import { splitText } from './split-text';

/** The text of a document, as far as it is read. */
export interface ExtractedText {
  /** What the document itself says its title is. */
  readonly title?: string | undefined;
  readonly text: string;
  /** True when there is more text than was read. */
  readonly truncated: boolean;
}

/**
 * How much of a document is read, in UTF-16 units: about 100 printed pages. Segmenting words is the costly part (0.5 s
 * per million units measured), and it holds up every other request of the instance.
 */
const MAX_TEXT_LENGTH = 200_000;

/**
 * How long reading markup may hold up the other requests: real documents of full length take a tenth of it, made-up ones
 * of lists and quotes in each other many times.
 */
const MAX_MARKUP_MS = 500;

/**
 * The text of `content`: plain text as it is, without byte order mark and with U+FFFD for invalid bytes; Markdown, HTML
 * and PDF without their markup. Markup that takes too long to read is left in the text.
 * @throws CorruptDocumentError, EncryptedDocumentError for a PDF that cannot be read.
 */
export async function extractText(
  content: Uint8Array,
  contentType: DocumentContentType,
): Promise<ExtractedText> {
  if (contentType.type === 'application/pdf') {
    // Half of this service's code, and slow to load: only for those who send a PDF.
    const { pdfToText } = await import('./pdf-text');
    return bounded(await pdfToText(content, MAX_TEXT_LENGTH));
  }
  const source = bounded({ text: new TextDecoder(contentType.charset).decode(content), truncated: false });
  if (contentType.type === 'text/plain') return source;
  const read = contentType.type === 'text/markdown' ? markdownToText : htmlToText;
  const readText = runWithin(MAX_MARKUP_MS, () => read(source.text));
  if (readText) return { ...source, ...readText };
  log.warn({ contentType: contentType.type }, `markup not read after ${MAX_MARKUP_MS} ms: left in the text`);
  return source;
}

function bounded(extracted: ExtractedText): ExtractedText {
  const { title, text } = extracted;
  if (text.length <= MAX_TEXT_LENGTH) return extracted;
  const [beginning = ''] = splitText(text, MAX_TEXT_LENGTH);
  return { title, text: beginning, truncated: true };
}
