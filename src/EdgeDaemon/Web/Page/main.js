// Puts the page together: who hears what.

import { listen } from "./box.js";
import { drawing, make, part } from "./dom.js";
import { showBanner, showHealth } from "./health.js";
import { watchScore } from "./score.js";
import { StationCard } from "./station.js";
import { SHAPES, WORDS, learn } from "./words.js";

const cards = new Map();
const states = new Map();
let overlay = true;

function cardOf(name) {
  let card = cards.get(name);
  if (!card) {
    card = new StationCard(name);
    cards.set(name, card);
    part(document, "stations").append(card.root);
  }
  return card;
}

function showOverview() {
  const overview = part(document, "overview");
  overview.hidden = cards.size < 2;
  overview.replaceChildren(...[...cards].map(([name, card]) => {
    const kind = card.latest?.verdict;
    const link = make("a", `${name}: ${WORDS[kind] ?? "nothing yet"} `, { href: `#station-${name}`, "data-kind": kind ?? "none" });
    if (kind) link.append(drawing(SHAPES[kind]));
    return link;
  }));
}

listen({
  start({ codes, stations, inspections }) {
    learn(codes);
    stations.forEach((station, i) => {
      const card = cardOf(station.station);
      card.history(inspections[i]);
      card.state(station);
      states.set(station.station, station);
    });
    showOverview();
    showBanner(null, states);
    watchScore();
  },
  device(device) {
    showHealth(device, states);
    for (const card of cards.values()) card.startedAt(device.startedAt);
  },
  state(station) {
    states.set(station.station, station);
    cardOf(station.station).state(station);
    showBanner(null, states);
  },
  verdict({ station, verdict }) {
    cardOf(station).verdict(verdict);
    showOverview();
  },
  picture(event) { cardOf(event.station).picture(event); },
  lost(why) { showBanner(why, states); },
});

part(document, "overlay").addEventListener("click", event => {
  overlay = !overlay;
  event.target.textContent = overlay ? "Overlay on" : "Overlay off";
  event.target.setAttribute("aria-pressed", overlay);
  for (const card of cards.values()) card.overlay = overlay;
});
