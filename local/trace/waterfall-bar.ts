import type { Span } from './span';
import { durationOf, type TimeScale } from './waterfall-layout';

/** Glyphs of WGL4, which every terminal font has, by which halves of the cell are covered. */
const CELL = { none: ' ', left: '▌', right: '▐', both: '█' };
/** A failed span is hatched, so that it can be told without colours. */
const FAILED_CELL = '▒';

/** The span on the trace's time scale, in `columns` cells of two halves each. The shortest span still covers one half. */
export function renderBar(span: Span, scale: TimeScale, columns: number): string {
  const halves = columns * 2;
  const at = (nano: bigint): number =>
    scale.durationNano === 0n ? 0 : (Number(nano) / Number(scale.durationNano)) * halves;
  const offset = span.startUnixNano - scale.startUnixNano;
  const from = Math.min(Math.floor(at(offset)), halves - 1);
  const to = Math.max(from + 1, Math.round(at(offset + durationOf(span))));
  const covers = (half: number): boolean => half >= from && half < to;

  const cells = Array.from({ length: columns }, (_, column) => {
    const left = covers(column * 2);
    const right = covers(column * 2 + 1);
    if (!left && !right) return CELL.none;
    if (span.status === 'error') return FAILED_CELL;
    return left && right ? CELL.both : left ? CELL.left : CELL.right;
  });
  return cells.join('');
}
