import { compile } from 'html-to-text';
import { marked } from 'marked';
import { splitText } from './split-text';

/** Deeper elements are left out: real pages stay below 50, and the converter recurses. */
const MAX_DEPTH = 200;

/**
 * Markdown is parsed in runs of at most this many characters without a blank line. The parser recurses at each `>`,
 * and takes quadratic time for some runs: 300,000 characters of `_a` take 100 s, a run of this length a millisecond.
 */
const MAX_RUN_LENGTH = 500;

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
  selector,
  options: { uppercase: false },
}));
const CELLS = ['td', 'th'].map((selector) => ({
  selector,
  format: 'block',
  options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
}));
const UNREAD = ['img', 'template', 'noscript'].map((selector) => ({ selector, format: 'skip' }));

const readText = compile({
  wordwrap: false,
  limits: { maxDepth: MAX_DEPTH, ellipsis: '' },
  selectors: [...HEADINGS, ...CELLS, ...UNREAD, { selector: 'a', options: { ignoreHref: true } }],
});

const readTitle = ['title', 'h1'].map((selector) =>
  compile({
    wordwrap: false,
    baseElements: { selectors: [selector], returnDomByDefault: false },
    limits: { maxBaseElements: 1, maxDepth: MAX_DEPTH, ellipsis: '' },
    selectors: HEADINGS,
  }),
);

/** What a reader of the page sees, without scripts, styles and link targets; its title or its first main heading. */
export function htmlToText(html: string): { title: string | undefined; text: string } {
  const title = readTitle.map((read) => read(html)).find((found) => found !== '');
  return { title, text: readText(html) };
}

/** The text of a Markdown document without its markup, and its first main heading. */
export function markdownToText(markdown: string): { title: string | undefined; text: string } {
  return htmlToText(marked.parse(breakLongRuns(markdown), { async: false }));
}

function breakLongRuns(markdown: string): string {
  return markdown
    .split(/\n[^\S\n]*\n/)
    .flatMap((run) => splitText(run, MAX_RUN_LENGTH))
    .join('\n\n');
}
