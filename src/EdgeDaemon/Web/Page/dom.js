// Small helpers. Everything that comes from the box is set as text, never as HTML.

/** The element with an attribute `data-{name}` within a root. */
export function part(root, name) {
  return root.querySelector(`[data-${name}]`);
}

/** A new element with text and attributes. */
export function make(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** A small drawing of one path. */
export function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Fills a description list from pairs. */
export function describe(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([term, text]) => [make("dt", term), make("dd", text)]));
}

/** Fills a description list whose pairs stand in boxes of their own. */
export function tiles(list, pairs) {
  list.replaceChildren(...pairs.map(([term, text]) => {
    const tile = make("div");
    tile.append(make("dt", term), make("dd", text));
    return tile;
  }));
}
