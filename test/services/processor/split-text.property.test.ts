import fc from 'fast-check';
import { splitText } from '../../../services/processor/split-text';

const text = fc.string({
  unit: fc.constantFrom('a', 'bc', ' ', '\n', '漢', '\u{1f600}'),
  maxLength: 200,
});

describe('splitText', () => {
  it('gives pieces that joined are the text, none longer than asked', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 50 }), (whole, maxLength) => {
        const pieces = splitText(whole, maxLength);

        expect(pieces.join('')).toBe(whole);
        expect(pieces.every((piece) => piece.length <= maxLength)).toBe(true);
      }),
    );
  });

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 50 }), (whole, maxLength) => {
        const lone = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

        expect(splitText(whole, maxLength).some((piece) => lone.test(piece))).toBe(false);
      }),
    );
  });

  it('cuts after a line or a space where there is one in the second half', () => {
    expect(splitText('aaa bbb ccc', 9)).toEqual(['aaa bbb ', 'ccc']);
    expect(splitText('aaa\nb ccc', 6)).toEqual(['aaa\n', 'b ccc']);
  });
});
