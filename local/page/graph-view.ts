import type { GraphEdge, ServiceGraph } from '../control/service-graph';
import { get } from './api';
import { h, svg, table } from './dom';
import { layOut, NODE, verdictOf } from './graph-layout';
import { hrefOf, type View, type ViewContext } from './view';

/** Who may call whom, by the deployed stack, and who did. */
export async function graphView({ parameters, signal }: ViewContext): Promise<View> {
  const graph = await get<ServiceGraph>('/graph', signal);
  if (!graph || graph.nodes.length === 0) {
    return { title: 'Services', content: [h('h1', {}, 'Services'), h('p', {}, 'Nothing is deployed.')] };
  }
  const calls = h('div', { class: 'scroll' }, callTable(graph));
  const missing = graph.edges.filter(({ missingGrant, refused }) => missingGrant && refused > 0);
  const grants = missing.map((edge) => grantOf(edge));
  const unseen = graph.edges.filter(({ granted, seen, from }) => granted && seen === 0 && from !== 'outside');
  return {
    title: 'Services',
    content: [
      h('h1', {}, 'Services'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Picture of the calls' },
        picture(graph),
      ),
      ...(unseen.length > 0
        ? [
            h(
              'p',
              {},
              `Granted, but in no kept trace: ${unseen.map(({ from, to }) => `${from} → ${to}`).join(', ')}. ` +
                'Either nobody has called yet, or the caller does not pass its trace on.',
            ),
          ]
        : []),
      calls,
      ...(grants.length > 0 ? [h('h2', {}, 'Missing grants'), ...grants] : []),
    ],
    shown: () => {
      if (parameters.has('missing')) grants[0]?.focus();
    },
  };
}

function callTable({ nodes, edges }: ServiceGraph): HTMLTableElement {
  const nameInSpans = new Map(nodes.map(({ id, serviceName }) => [id, serviceName ?? id]));
  const rows = edges.map((edge) => {
    const { from, to, seen, refused, deadlineMs, missingGrant } = edge;
    const isService = nodes.some(({ id, kind }) => id === to && kind === 'service');
    const traces = hrefOf('traces', { service: nameInSpans.get(to) });
    const verdict = verdictOf(edge);
    const toGrant = (event: Event): void => {
      // The address names the view, so an anchor in it cannot be a link of its own.
      event.preventDefault();
      document.getElementById(idOf(edge))?.focus();
    };
    return [
      `${from} → ${to}`,
      missingGrant && refused > 0
        ? h('a', { href: hrefOf('graph', { missing: 'true' }), onclick: toGrant }, verdict)
        : verdict,
      isService && seen > 0 ? h('a', { href: traces }, String(seen)) : String(seen),
      String(refused),
      deadlineMs === undefined ? '' : `${deadlineMs.toLocaleString('en')} ms`,
    ];
  });
  return table('Calls', ['Call', 'By the stack', 'Seen', 'Refused', 'Deadline'], rows);
}

function grantOf(edge: GraphEdge): HTMLElement {
  const { from, to, missingGrant, refused } = edge;
  const lines = [
    `resource type  ${missingGrant?.resourceType}`,
    `on             ${missingGrant?.on}`,
    `role           ${missingGrant?.role}`,
    `member         ${missingGrant?.member}`,
  ];
  return h(
    'section',
    { id: idOf(edge), tabindex: -1, class: 'problems', 'aria-label': `Missing grant, ${from} to ${to}` },
    h('h3', {}, `${from} → ${to}`),
    h('p', {}, `${refused} ${refused === 1 ? 'call was' : 'calls were'} refused because the stack lacks:`),
    h('pre', {}, lines.join('\n')),
  );
}

function picture(graph: ServiceGraph): SVGElement {
  const { width, height, places } = layOut(graph);
  const place = (id: string): { x: number; y: number } => places.get(id) ?? { x: 0, y: 0 };
  const edges = graph.edges.map((edge) => {
    const from = place(edge.from);
    const to = place(edge.to);
    const [x1, y1, x2, y2] = [
      from.x + NODE.width,
      from.y + NODE.height / 2,
      to.x - 7,
      to.y + NODE.height / 2,
    ];
    const bend = Math.max((x2 - x1) / 2, 40);
    const kind = edge.refused > 0 || !edge.granted ? 'refused' : edge.seen === 0 ? 'unseen' : 'seen';
    const label = edge.refused > 0 ? `✕ ${edge.refused} refused` : edge.seen > 0 ? `${edge.seen} ×` : '';
    return svg(
      'g',
      { class: `edge ${kind}` },
      svg('path', {
        d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
        'marker-end': `url(#arrow-${kind})`,
      }),
      svg('text', { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 6, 'text-anchor': 'middle' }, label),
    );
  });
  const nodes = graph.nodes.map(({ id, kind, region }) => {
    const { x, y } = place(id);
    const middle = x + NODE.width / 2;
    return svg(
      'g',
      { class: `node ${kind}` },
      svg('rect', { x, y, width: NODE.width, height: NODE.height, rx: kind === 'bucket' ? 20 : 4 }),
      svg('text', { x: middle, y: y + 19, 'text-anchor': 'middle' }, shorten(id)),
      svg('text', { x: middle, y: y + 36, 'text-anchor': 'middle', class: 'small' }, region ?? ''),
    );
  });
  const arrows = ['seen', 'unseen', 'refused'].map((kind) =>
    svg(
      'marker',
      {
        id: `arrow-${kind}`,
        class: kind,
        viewBox: '0 0 8 8',
        refX: 1,
        refY: 4,
        markerWidth: 8,
        markerHeight: 8,
        orient: 'auto',
      },
      svg('path', { d: 'M0 0 L8 4 L0 8 z' }),
    ),
  );
  const label = `Services and buckets with ${graph.edges.length} calls between them; the table below lists them.`;
  return svg(
    'svg',
    { role: 'img', 'aria-label': label, class: 'graph', width, height, viewBox: `0 0 ${width} ${height}` },
    svg('defs', {}, ...arrows),
    ...edges,
    ...nodes,
  );
}

function idOf({ from, to }: GraphEdge): string {
  return `missing-${from}-${to}`;
}

function shorten(id: string): string {
  return id.length > 24 ? `${id.slice(0, 23)}…` : id;
}
