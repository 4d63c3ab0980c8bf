import { parseContentType } from '../../../services/document';
import { CorruptDocumentError, EncryptedDocumentError } from '../../../services/errors';
import { extractText, type ExtractedText } from '../../../services/processor/extract-text';
import { createPdf } from './pdf-fixture';

// Jest resolves as `require` does, and this module can be imported only.
jest.mock('unpdf/pdfjs', () => jest.requireActual('../../../node_modules/unpdf/dist/pdfjs.mjs'), {
  virtual: true,
});

const extract = (content: string | Uint8Array, contentType: string): Promise<ExtractedText> =>
  extractText(typeof content === 'string' ? Buffer.from(content) : content, parseContentType(contentType));

describe('plain text', () => {
  it('is read as it is', async () => {
    await expect(extract('one\n\ttwo  \n', 'text/plain')).resolves.toEqual({
      text: 'one\n\ttwo  \n',
      truncated: false,
    });
  });

  it('loses its byte order mark, and bytes that are not UTF-8 are replaced', async () => {
    const content = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62]);

    const { text } = await extract(content, 'text/plain');

    expect(text).toBe('a\u{fffd}b');
  });

  it('is read in the charset its sender names', async () => {
    const { text } = await extract(Buffer.from('Käse', 'latin1'), 'text/plain; charset="ISO-8859-1"');

    expect(text).toBe('Käse');
  });

  it('is read to its 200,000th character, and no character is cut in two', async () => {
    const { text, truncated } = await extract('\u{1f600}'.repeat(100_001), 'text/plain');

    expect(truncated).toBe(true);
    expect(text).toBe('\u{1f600}'.repeat(100_000));
  });
});

describe('Markdown', () => {
  it('gives its first main heading as the title, and its text without markup', async () => {
    const markdown =
      'Intro\n\n# The *title*\n\n| a | b |\n|---|---|\n| c | d |\n\nA **bold** [link](http://x.test).';

    const { title, text } = await extract(markdown, 'text/markdown');

    expect(title).toBe('The title');
    expect(text.split(/\s+/)).toEqual(
      ['Intro', 'The', 'title', 'a', 'b', 'c', 'd', 'A', 'bold', 'link.'].flat(),
    );
  });

  it.each(['**a_', '_a', '~~a', '[]()', '!', 'a``b', '> ', '>', '- ', '- a\n'])(
    'is read to its end when it is made of %j alone',
    async (unit) => {
      const { text } = await extract(`${unit.repeat(20_000)}\n\nend`, 'text/markdown');

      expect(text.endsWith('end')).toBe(true);
    },
  );
});

/** Paragraphs, each a letter behind `marks`, as many as are read. */
const paragraphsOf = (marks: string): string => `${marks} a\n\n`.repeat(200_000 / (marks.length + 4));

describe('markup that takes too long to read', () => {
  it.each(['>'.repeat(41), '- '.repeat(16), '1. '.repeat(10)])(
    'is left in the text when every paragraph begins with %j',
    async (marks) => {
      const markdown = paragraphsOf(marks);

      await expect(extract(markdown, 'text/markdown')).resolves.toEqual({ text: markdown, truncated: false });
    },
  );

  it('does not keep the next document from being read', async () => {
    await extract(paragraphsOf('>'.repeat(41)), 'text/markdown');

    await expect(extract('# Title', 'text/markdown')).resolves.toMatchObject({ title: 'Title' });
  });
});

describe('HTML', () => {
  it('gives its title, and what a reader sees: no scripts, styles, comments or link targets', async () => {
    const html = `<!doctype html><html><head><title>A &amp; B</title><style>p{color:red}</style></head>
      <body><h1>Hello</h1><script>alert('no')</script><!-- no --><template>no</template>
      <p>See <a href="http://no.test">this</a>.<img src="no.png" alt="no"></p></body></html>`;

    await expect(extract(html, 'text/html; charset=utf-8')).resolves.toEqual({
      title: 'A & B',
      text: 'Hello\n\nSee this.',
      truncated: false,
    });
  });

  it('gives its first main heading where there is no title', async () => {
    const { title } = await extract('<h2>no</h2><h1>Yes</h1>', 'text/html');

    expect(title).toBe('Yes');
  });

  it('is read where it nests deeper than any page does', async () => {
    const { text } = await extract(`<p>seen</p>${'<div>'.repeat(3_000)}unseen`, 'text/html');

    expect(text.trim()).toBe('seen');
  });
});

describe('PDF', () => {
  it('gives the title of its metadata and the text of its pages', async () => {
    const pdf = createPdf({ title: 'Report', pages: ['First page.', 'Second page.'] });

    await expect(extract(pdf, 'application/pdf')).resolves.toEqual({
      title: 'Report',
      text: 'First page.\nSecond page.',
      truncated: false,
    });
  });

  it('may have neither title nor text', async () => {
    const { title, text } = await extract(createPdf({ pages: [''] }), 'application/pdf');

    expect(title).toBeUndefined();
    expect(text).toBe('');
  });

  it('is read to its 200th page', async () => {
    const pages = Array.from({ length: 201 }, (_page, index) => `page ${index + 1}`);

    const { text, truncated } = await extract(createPdf({ pages }), 'application/pdf');

    expect(truncated).toBe(true);
    expect(text.endsWith('page 200')).toBe(true);
  });

  it('leaves the bytes it is read from as they are', async () => {
    const pdf = createPdf({ pages: ['text'] });
    const before = Buffer.from(pdf);

    await extract(pdf, 'application/pdf');

    expect(pdf.equals(before)).toBe(true);
  });

  it.each([
    ['something else', Buffer.from('not a PDF')],
    ['cut in the middle of its beginning', createPdf({ pages: ['text'] }).subarray(0, 40)],
    ['a header alone', Buffer.from('%PDF-1.4\n')],
  ])('is refused as corrupt when it is %s', async (_what, content) => {
    await expect(extract(content, 'application/pdf')).rejects.toThrow(CorruptDocumentError);
  });

  it('is refused as encrypted when it needs a password', async () => {
    const pdf = createPdf({ pages: ['secret'], encrypted: true });

    await expect(extract(pdf, 'application/pdf')).rejects.toThrow(EncryptedDocumentError);
  });
});
