import type { GraphEdge, ServiceGraph } from '../control/service-graph';

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
  readonly places: ReadonlyMap<string, Place>;
}

/** Callers to the left of what they call, in columns by the longest way from outside; a ring of calls ends where it began. */
export function layOut({ nodes, edges }: ServiceGraph): Layout {
  const column = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const wanted = (column.get(from) ?? 0) + 1;
      if (wanted <= (column.get(to) ?? 0) || wanted >= nodes.length) continue;
      column.set(to, wanted);
      moved = true;
    }
    if (!moved) break;
  }
  const inColumn = new Map<number, number>();
  const places = new Map<string, Place>();
  for (const { id } of nodes) {
    const x = column.get(id) ?? 0;
    const y = inColumn.get(x) ?? 0;
    inColumn.set(x, y + 1);
    places.set(id, {
      x: MARGIN + x * (NODE.width + GAP.x),
      y: MARGIN + y * (NODE.height + GAP.y),
    });
  }
  const columns = Math.max(0, ...column.values()) + 1;
  const rows = Math.max(1, ...inColumn.values());
  return {
    width: columns * (NODE.width + GAP.x) - GAP.x + 2 * MARGIN,
    height: rows * (NODE.height + GAP.y) - GAP.y + 2 * MARGIN,
    places,
  };
}

/** What there is to say about an edge, in words. */
export function verdictOf({ granted, calls, refused, lost }: GraphEdge): string {
  if (refused > 0)
    return granted ? `${refused} refused before it was granted` : `${refused} refused, not granted`;
  if (!granted) return 'called, not granted';
  if (lost) return 'granted, missing in traces';
  return calls === 0 ? 'granted, no call seen' : 'granted';
}
