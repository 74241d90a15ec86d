/** What an element is made of besides its children: attributes by name; `on…` are listeners; `class` is a class list. */
type Properties = Readonly<Record<string, string | number | boolean | null | undefined | ((event: never) => void)>>;
export type Child = Node | string | number | null | undefined | false;

/** An HTML element. Children that are text become text nodes: nothing that comes from a report is ever parsed as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

/** Replaces all children. */
export function replace(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...children.filter(isShown).map(nodeOf));
}

function fill<E extends Element>(element: E, properties: Properties, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as (event: Event) => void);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter(isShown).map(nodeOf));
  return element;
}

function isShown(child: Child): child is Node | string | number {
  return child !== null && child !== undefined && child !== false;
}

function nodeOf(child: Node | string | number): Node | string {
  return typeof child === 'number' ? String(child) : child;
}
