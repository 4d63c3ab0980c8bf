import { summarize } from '../../../services/processor/summarize';

const summaryOf = (text: string, title?: string): ReturnType<typeof summarize> =>
  summarize({ text, title, truncated: false });

describe('the title', () => {
  it("is the document's own, on one line", () => {
    expect(summaryOf('text', ' A\n  title ').title).toBe('A title');
  });

  it('is the first line that is not empty where the document has none', () => {
    expect(summaryOf('\n  \nFirst line\nSecond line').title).toBe('First line');
    expect(summaryOf('First line', '  ').title).toBe('First line');
  });

  it('has 120 characters at most', () => {
    const { title } = summaryOf('word '.repeat(100));

    expect(title.length).toBeLessThanOrEqual(120);
    expect(title).toMatch(/word…$/);
  });

  it('is Untitled where there is no text at all', () => {
    expect(summaryOf(' \n ')).toEqual({
      title: 'Untitled',
      wordCount: 0,
      language: 'und',
      keyTerms: [],
      summary: '',
      truncated: false,
    });
  });
});

describe('words', () => {
  it.each([
    ['English', "It's 1,000 well-known words.", 5],
    ['Arabic', 'هذا مستند تجريبي باللغة العربية', 5],
    ['Hebrew', 'מסמך לדוגמה בעברית', 3],
  ])('are counted as %s writes them', (_language, text, count) => {
    expect(summaryOf(text).wordCount).toBe(count);
  });

  it.each(['这是一个中文文档。', 'これは日本語の文書です。', 'นี่คือเอกสารภาษาไทย'])(
    'are counted by dictionary where none is set apart: %s',
    (text) => {
      const { wordCount } = summaryOf(text);

      expect(wordCount).toBeGreaterThan(2);
      expect(wordCount).toBeLessThan(text.length);
    },
  );

  it('are counted the same in a long text', () => {
    expect(summaryOf('one two three\n'.repeat(10_000)).wordCount).toBe(30_000);
  });
});

describe('the language', () => {
  it.each([
    ['en', 'The committee met on Tuesday and agreed on the budget for the coming year.'],
    ['de', 'Der Ausschuss hat am Dienstag getagt und den Haushalt für das kommende Jahr beschlossen.'],
    ['fr', "Le comité s'est réuni mardi et a adopté le budget de l'année prochaine."],
    ['ar', 'هذا مستند تجريبي باللغة العربية'],
    ['zh', '这是一个中文文档。'],
    ['ja', 'これは日本語の文書です。'],
  ])('%s is told', (language, text) => {
    expect(summaryOf(text).language).toBe(language);
  });

  it.each(['12345 67890', 'asdf', ''])('of %j cannot be told', (text) => {
    expect(summaryOf(text).language).toBe('und');
  });
});

describe('key terms', () => {
  it('are the most frequent words, without stop words, numbers and single letters', () => {
    const { keyTerms } = summaryOf(
      'The trace shows the bucket. A trace of the bucket and the deadline: the trace, in 2024, x.',
    );

    expect(keyTerms.slice(0, 2)).toEqual(['trace', 'bucket']);
    expect(keyTerms).toContain('deadline');
    expect(keyTerms).not.toEqual(expect.arrayContaining(['the']));
    expect(keyTerms).not.toEqual(expect.arrayContaining(['2024']));
  });

  it('are words of one ideograph or two in Chinese, without its stop words', () => {
    const { keyTerms } = summaryOf('数据库的性能。数据库的成本。我们的数据库。');

    expect(keyTerms[0]).toContain('数据');
    expect(keyTerms).not.toContain('的');
  });

  it('are ten at most, and none is data without end', () => {
    const words = Array.from({ length: 50 }, (_word, index) => `word${'abcdefghij'[index % 10]}${index}`);

    const { keyTerms } = summaryOf(`${'x'.repeat(900)} ${words.join(' ')}`);

    expect(keyTerms).toHaveLength(10);
    expect(keyTerms.every((term) => term.length <= 50)).toBe(true);
  });
});

describe('the summary', () => {
  it('is the first three sentences', () => {
    expect(summaryOf('One is here.\nTwo is too! Three? Four is not.').summary).toBe(
      'One is here. Two is too! Three?',
    );
  });

  it('has 500 characters at most', () => {
    expect(summaryOf('word '.repeat(1_000)).summary.length).toBeLessThanOrEqual(500);
  });
});
