import type { ServiceGraph } from '../control/service-graph';

export const NODE = { width: 190, height: 46 } as const;
const GAP = { x: 130, y: 34 } as const;
const MARGIN = 12;

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corners of the nodes. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Callers to the left of what they call, in columns by the longest way from outside; a ring of calls ends where it began. */
export function layOut({ nodes, edges }: ServiceGraph): Layout {
  const columns = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    for (const { from, to } of edges) {
      const wanted = (columns.get(from) ?? 0) + 1;
      if (wanted > (columns.get(to) ?? 0) && wanted < nodes.length) columns.set(to, wanted);
    }
  }
  const rows = new Map<number, number>();
  const places = new Map<string, Place>();
  for (const [id, column] of columns) {
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    places.set(id, { x: MARGIN + column * (NODE.width + GAP.x), y: MARGIN + row * (NODE.height + GAP.y) });
  }
  return {
    width: (Math.max(0, ...columns.values()) + 1) * (NODE.width + GAP.x) - GAP.x + 2 * MARGIN,
    height: Math.max(1, ...rows.values()) * (NODE.height + GAP.y) - GAP.y + 2 * MARGIN,
    places,
  };
}
