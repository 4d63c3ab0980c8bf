import { LineSplitter } from '../../../local/run/line-splitter';

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

it('puts lines together that came in pieces, whatever their line ends', () => {
  expect(linesOf('one\ntw', 'o\r\n\n', 'three')).toEqual(['one', 'two', 'three']);
});

it('puts characters together that came in pieces', () => {
  const [first, second] = [
    Buffer.from('gr\u00fc\u00dfe\n').subarray(0, 3),
    Buffer.from('gr\u00fc\u00dfe\n').subarray(3),
  ];
  expect(linesOf(first, second)).toEqual(['grüße']);
});

it('does not wait for the end of a line that has none', () => {
  const lines = linesOf('x'.repeat(600 * 1024), 'end\n');
  expect(lines.map(({ length }) => length)).toEqual([256 * 1024, 256 * 1024, 88 * 1024 + 3]);
});
