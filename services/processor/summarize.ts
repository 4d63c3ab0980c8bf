import * as stopword from 'stopword';
import { detectAll, toISO3 } from 'tinyld/light';
import type { DocumentRecord } from '../document';
import type { ExtractedText } from './extract-text';
import { splitText } from './split-text';

/** ISO 639-2 for a language that could not be told. */
const UNDETERMINED = 'und';

const MAX_TITLE_LENGTH = 120;
/** UTF-16 units of a summary, whoever writes it. */
const MAX_SUMMARY_LENGTH = 500;
const SUMMARY_SENTENCES = 3;
const KEY_TERMS = 10;

/** Words that are shorter say little in alphabets; one ideograph or two are a word. */
const MIN_TERM_LENGTH = 3;

/** Longer words than any language has: data, which would make the record as large as the document. */
const MAX_TERM_LENGTH = 50;

/** `Intl.Segmenter` takes quadratic time: 500,000 units at once took 69 s, in pieces of this length 0.2 s. */
const SEGMENTED_LENGTH = 1_000;

/** Letters needed for a guess, and read at most for it: more do not make it better. */
const MIN_LETTERS = 20;
const MAX_LANGUAGE_SAMPLE = 5_000;

/** Scripts in which a word is often one or two characters, and one character tells the language. */
const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

const WORDS = new Intl.Segmenter(UNDETERMINED, { granularity: 'word' });

/** Lists by ISO 639-3, as the detector converts to it; for Chinese one says Mandarin, the other the macrolanguage. */
const STOP_WORDS = new Map<string, readonly string[]>([
  ...Object.entries(stopword).flatMap(([name, list]) => (Array.isArray(list) ? [[name, list] as const] : [])),
  ['cmn', stopword.zho],
]);

type Summary = Pick<
  DocumentRecord,
  'title' | 'wordCount' | 'language' | 'keyTerms' | 'summary' | 'truncated'
>;

/** What a document is about, from its text. */
export function summarize({ title, text, truncated }: ExtractedText): Summary {
  const words = segmentWords(text);
  const language = guessLanguage(text);
  return {
    title: toTitle(title) || toTitle(firstLine(text)) || 'Untitled',
    wordCount: words.length,
    language,
    keyTerms: keyTerms(words, language),
    summary: firstSentences(text, language),
    truncated,
  };
}

/** A summary on one line, and no longer than a record's may be. */
export function toSummary(text: string): string {
  return shorten(text.replaceAll(/\s+/g, ' ').trim(), MAX_SUMMARY_LENGTH);
}

function segmentWords(text: string): string[] {
  const words: string[] = [];
  for (const piece of splitText(text, SEGMENTED_LENGTH)) {
    for (const { segment, isWordLike } of WORDS.segment(piece)) if (isWordLike) words.push(segment);
  }
  return words;
}

function guessLanguage(text: string): string {
  const sample = text.slice(0, MAX_LANGUAGE_SAMPLE);
  const letters = sample.match(/\p{Letter}/gu)?.length ?? 0;
  if (letters < MIN_LETTERS && !IDEOGRAPHIC.test(sample)) return UNDETERMINED;
  return detectAll(sample)[0]?.lang ?? UNDETERMINED;
}

function keyTerms(words: readonly string[], language: string): string[] {
  const stopWords = new Set(stopWordsOf(language));
  const counts = new Map<string, number>();
  for (const word of words) {
    const term = word.toLowerCase();
    if (isTerm(term) && !stopWords.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  // Sorting is stable: of equally frequent terms the one that was used first comes first.
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, KEY_TERMS)
    .map(([term]) => term);
}

function isTerm(word: string): boolean {
  if (!/\p{Letter}/u.test(word) || word.length > MAX_TERM_LENGTH) return false;
  return word.length >= MIN_TERM_LENGTH || IDEOGRAPHIC.test(word);
}

function stopWordsOf(language: string): readonly string[] {
  return STOP_WORDS.get(toISO3(language)) ?? [];
}

function firstSentences(text: string, language: string): string {
  const beginning = text
    .slice(0, MAX_SUMMARY_LENGTH * 2)
    .replaceAll(/\s+/g, ' ')
    .trim();
  const locale = language === UNDETERMINED ? undefined : language;
  const sentences = [...new Intl.Segmenter(locale, { granularity: 'sentence' }).segment(beginning)];
  const first = sentences.slice(0, SUMMARY_SENTENCES).map(({ segment }) => segment);
  return toSummary(first.join(''));
}

function firstLine(text: string): string | undefined {
  return /\S[^\n]*/.exec(text)?.[0];
}

function toTitle(title: string | undefined): string {
  return shorten((title ?? '').replaceAll(/\s+/g, ' ').trim(), MAX_TITLE_LENGTH);
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const [beginning = ''] = splitText(text, maxLength - 1);
  return `${beginning.trimEnd()}…`;
}
