// The demo's panel: how often the box was right, where the truth is known.

import { getOrNull } from "./box.js";
import { make, part } from "./dom.js";

const EVERY_MS = 2000;

let watching = false;

/** Shows the panel for as long as the box has something to show in it. To be called after each connection; a box without a demo is asked once. */
export async function watchScore() {
  if (watching) return;
  watching = true;
  // Asked for by name, so that a box without a demo is not asked for what it has not got.
  const extras = await getOrNull("/api/v1/extras");
  if (!extras?.includes("demo")) {
    watching = false;
    return;
  }

  const panel = part(document, "score");
  for (let score; (score = await getOrNull("/api/v1/demo/score")) !== null;) {
    panel.hidden = false;
    draw(panel, score);
    await new Promise(resolve => setTimeout(resolve, EVERY_MS));
  }
  panel.hidden = true;
  watching = false;
}

function draw(panel, { rule, threshold, parts, matrix }) {
  const table = make("table");
  const row = (name, ok, ng, okIsRight) => {
    const line = make("tr");
    line.append(make("th", name, { scope: "row" }), make("td", ok, { class: okIsRight || ok === 0 ? "right" : "wrong" }), make("td", ng, { class: !okIsRight || ng === 0 ? "right" : "wrong" }));
    return line;
  };
  const head = make("tr");
  head.append(make("th", ""), make("th", "judged OK", { scope: "col" }), make("th", "judged NG", { scope: "col" }));
  table.append(head, row("good part", matrix.okAsOk, matrix.okAsNg, true), row("bad part", matrix.ngAsOk, matrix.ngAsNg, false));
  panel.replaceChildren(make("h2", "How often it was right"), make("p", `${parts} parts, ${matrix.notJudged} not judged. Threshold ${threshold ?? "–"}: ${rule}.`), table);
}
