import type { GraphEdge, ServiceGraph } from '../control/service-graph';
import { get } from './api';
import { h, scroll, svg, table } from './dom';
import { layOut, NODE } from './graph-layout';
import { count, hrefOf, type View, type ViewContext } from './view';

/** Who may call whom, by the deployed stack, and who did. */
export async function graphView({ parameters, signal }: ViewContext): Promise<View> {
  const title = 'Services';
  const graph = await get<ServiceGraph>('/graph', signal);
  const { nodes, edges } = graph;
  if (nodes.length === 0) return { title, live: true, content: [h('p', {}, 'Nothing is deployed.')] };
  const uncalled = edges.filter(({ granted, calls, from }) => granted && calls === 0 && from !== 'outside');
  const grants = edges.filter(isRefused).map(missingGrant);
  const picture = { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Picture of the calls' };
  return {
    title,
    live: true,
    content: [
      h('div', picture, pictureOf(graph)),
      uncalled.length > 0 && h('p', {}, `Granted, but no call was seen: ${uncalled.map(nameOf).join(', ')}.`),
      scroll(callTable(graph)),
      ...titled('Missing grants', grants),
      ...titled('Calls that no trace shows', edges.filter(({ lost }) => lost).map(missingInTraces)),
    ],
    shown: () => {
      if (parameters.has('missing')) grants[0]?.focus();
    },
  };
}

function titled(title: string, sections: readonly HTMLElement[]): HTMLElement[] {
  return sections.length > 0 ? [h('h2', {}, title), ...sections] : [];
}

function nameOf({ from, to }: GraphEdge): string {
  return `${from} → ${to}`;
}

function isRefused({ missingGrant: grant, refused }: GraphEdge): boolean {
  return grant !== undefined && refused > 0;
}

/** What there is to say about an edge, in words. */
function verdictOf({ granted, calls, refused, lost }: GraphEdge): string {
  if (refused > 0) return `${refused} refused${granted ? ' before it was granted' : ', not granted'}`;
  if (!granted) return 'called, not granted';
  if (lost) return 'granted, missing in traces';
  return calls === 0 ? 'granted, no call seen' : 'granted';
}

function callTable({ nodes, edges }: ServiceGraph): HTMLTableElement {
  const rows = edges.map((edge) => {
    const { to, calls, traced, refused, deadlineMs, lost } = edge;
    const toSection = (event: Event): void => {
      // The address names the view, so an anchor in it cannot be a link of its own.
      event.preventDefault();
      document.getElementById(idOf(edge))?.focus();
    };
    const href = hrefOf('graph', { missing: isRefused(edge) ? 'true' : undefined });
    const callee = nodes.find(({ id, kind }) => id === to && kind === 'service');
    const traces = callee && hrefOf('traces', { service: callee.serviceName ?? to });
    return [
      nameOf(edge),
      isRefused(edge) || lost ? h('a', { href, onclick: toSection }, verdictOf(edge)) : verdictOf(edge),
      calls,
      traces && traced > 0 ? h('a', { href: traces }, traced) : traced,
      refused,
      deadlineMs !== undefined && `${deadlineMs.toLocaleString('en')} ms`,
    ];
  });
  return table('Calls', ['Call', 'By the stack', 'Calls', 'In traces', 'Refused', 'Deadline'], rows);
}

/** What is wrong with an edge; the table links to it. */
function problem(edge: GraphEdge, what: string, ...content: readonly HTMLElement[]): HTMLElement {
  const label = `${what}, ${edge.from} to ${edge.to}`;
  return h(
    'section',
    { id: idOf(edge), tabindex: -1, class: 'box bad', 'aria-label': label },
    h('h3', {}, nameOf(edge)),
    ...content,
  );
}

function missingGrant(edge: GraphEdge): HTMLElement {
  const { missingGrant: { resourceType, on, role, member } = {}, refused } = edge;
  const grant = Object.entries({ 'resource type': resourceType, on, role, member });
  const lines = grant.map(([name, value]) => `${name.padEnd(15)}${value}`);
  const said = `${count(refused, 'call')} refused because the stack lacks:`;
  return problem(edge, 'Missing grant', h('p', {}, said), h('pre', {}, lines.join('\n')));
}

function missingInTraces(edge: GraphEdge): HTMLElement {
  const calls = (edge.lost ?? []).flatMap(({ report, advice, traceId }) => {
    const link = h('a', { href: hrefOf(`trace/${traceId}`) }, 'The newest of them');
    return [h('p', {}, `⚠ ${report}.`), h('p', {}, `${advice} `, link)];
  });
  return problem(edge, 'Missing in traces', ...calls);
}

function pictureOf(graph: ServiceGraph): SVGElement {
  const { width, height, places } = layOut(graph);
  const at = (id: string): { x: number; y: number } => places.get(id) ?? { x: 0, y: 0 };
  const edges = graph.edges.map((edge) => {
    const [from, to] = [at(edge.from), at(edge.to)];
    const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
    const [x2, y2] = [to.x - 7, to.y + NODE.height / 2];
    const bend = Math.max((x2 - x1) / 2, 40);
    const d = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const [kind, label] = markOf(edge);
    return svg(
      'g',
      { class: `edge ${kind}` },
      svg('path', { d, 'marker-end': 'url(#arrow)' }),
      svg('text', { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 6 }, label),
    );
  });
  const nodes = graph.nodes.map(({ id, kind, region }) => {
    const { x, y } = at(id);
    const middle = x + NODE.width / 2;
    const name = id.length > 24 ? `${id.slice(0, 23)}…` : id;
    return svg(
      'g',
      { class: 'node' },
      svg('rect', { x, y, width: NODE.width, height: NODE.height, rx: kind === 'bucket' ? 20 : 4 }),
      svg('text', { x: middle, y: y + 19 }, name),
      svg('text', { x: middle, y: y + 36, class: 'muted' }, region),
    );
  });
  const arrow = {
    id: 'arrow',
    viewBox: '0 0 8 8',
    refX: 1,
    refY: 4,
    markerWidth: 8,
    markerHeight: 8,
    orient: 'auto',
  };
  const label = `Services and buckets with ${graph.edges.length} calls between them; the table below lists them.`;
  return svg(
    'svg',
    { role: 'img', 'aria-label': label, class: 'graph', width, height },
    svg('marker', arrow, svg('path', { d: 'M0 0 L8 4 L0 8 z', fill: 'context-stroke' })),
    ...edges,
    ...nodes,
  );
}

/** Class and label of an edge in the picture. */
function markOf({ calls, traced, refused, granted, lost }: GraphEdge): [kind: string, label: string] {
  if (refused > 0) return ['refused', `✕ ${refused} refused`];
  if (lost) return ['lost', `⚠ ${calls} ×, ${traced} traced`];
  if (calls === 0) return ['unseen', ''];
  return [granted ? 'seen' : 'refused', `${calls} ×`];
}

function idOf({ from, to }: GraphEdge): string {
  return `missing-${from}-${to}`;
}
