/** What an attribute may be: undefined and false leave it out, true is the empty string, a function listens. */
type AttributeValue = string | number | boolean | undefined | ((event: Event) => void);
type Attributes = Readonly<Record<string, AttributeValue>>;
export type Child = Node | string | number | false | undefined;

/** An element with attributes, listeners (`onclick`) and children; text stays text. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function svg(tag: string, attributes: Attributes, ...children: readonly Child[]): SVGElement {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** A table with a caption; the first cell of a row heads it. */
export function table(
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLTableElement {
  const head = h('tr', {}, ...titles.map((title) => h('th', { scope: 'col' }, title)));
  const body = rows.map(([first, ...cells]) =>
    h('tr', {}, h('th', { scope: 'row' }, first), ...cells.map((cell) => h('td', {}, cell))),
  );
  return h('table', {}, h('caption', {}, caption), h('thead', {}, head), h('tbody', {}, ...body));
}

/** Room for what may be wider than the page. */
export function scroll(...children: readonly Child[]): HTMLElement {
  return h('div', { class: 'scroll' }, ...children);
}

/** Text for those who hear the page. */
export function heard(text: string): HTMLElement {
  return h('span', { class: 'heard' }, text);
}

/** Puts children into an element in place of those it has. */
export function refill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  fill(element, {}, children);
}

function fill<Target extends Element>(
  element: Target,
  attributes: Attributes,
  children: readonly Child[],
): Target {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice('on'.length), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child !== undefined && child !== false)
      element.append(typeof child === 'number' ? String(child) : child);
  }
  return element;
}
