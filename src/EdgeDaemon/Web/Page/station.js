// One station: its picture, its verdict, and what stands behind it.

import { describe, drawing, make, part, tiles } from "./dom.js";
import { BRANCHES, COUNTERS, SHAPES, STAGES, WORDS, meaningOf, milliseconds, number, placesOf } from "./words.js";

const STRIP = 20;

export class StationCard {
  #root = document.getElementById("station").content.firstElementChild.cloneNode(true);
  #name;
  #latest = null;
  #strip = [];
  #picture = null;
  #overlay = true;
  #started = null;

  constructor(name) {
    this.#name = name;
    this.#root.id = `station-${name}`;
    part(this.#root, "name").textContent = name;
  }

  get root() { return this.#root; }

  get latest() { return this.#latest; }

  set overlay(on) {
    this.#overlay = on;
    this.#load();
  }

  /** Verdicts that were given before the page looked, newest first. */
  history(verdicts) {
    this.#strip = verdicts.slice(0, STRIP);
    if (verdicts.length > 0) this.#show(verdicts[0]);
    this.#drawStrip();
  }

  verdict(verdict) {
    if (this.#strip.some(v => v.inspectionId === verdict.inspectionId)) return;
    this.#strip = [verdict, ...this.#strip].sort((a, b) => b.seq - a.seq).slice(0, STRIP);
    this.#drawStrip();
    this.#show(this.#strip[0]);
  }

  /** When the box's run began: counters count from then on, and verdicts from before stand apart. */
  startedAt(time) {
    const minute = time.substring(0, 16);
    if (this.#started?.substring(0, 16) === minute) return;
    this.#started = time;
    part(this.#root, "since").textContent = `Since the start, ${minute.replace("T", " ")} UTC`;
    this.#drawStrip();
  }

  picture(event) {
    this.#picture = event;
    this.#load();
  }

  state({ state, camera, queueCapacity, delivery }) {
    const ready = part(this.#root, "ready");
    ready.textContent = state.ready ? "✓ ready" : `✕ not ready: ${state.errorText ?? meaningOf(state.error)}`;
    ready.dataset.level = state.ready ? "good" : "bad";
    tiles(part(this.#root, "counters"), Object.entries(COUNTERS).map(([key, word]) => [word, state.counters[key]]));
    describe(part(this.#root, "facts"), [
      ["Recipe", state.recipe ? `${state.recipe.number} ${state.recipe.name}` : "none is active"],
      ["Revision", state.recipe?.revision ?? "–"],
      ["Camera", camera.status === "connected" ? (camera.reason ? `connected, but ${camera.reason}` : "connected") : `${camera.status}: ${camera.reason ?? "it is being looked for"}`],
      ["Queue", `${state.queueDepth} of ${queueCapacity}`],
      ["To the broker", `${delivery.live} live, ${delivery.replayed} late, ${state.outbox.pending} waiting`],
      ["Networks run on", state.provider ?? "–"],
      ["Nothing faster, because", state.providerNote ?? "–"],
    ]);
  }

  #show(verdict) {
    this.#latest = verdict;
    const kind = verdict.verdict;
    const block = part(this.#root, "verdict");
    block.dataset.kind = kind;
    part(block, "shape").setAttribute("d", SHAPES[kind] ?? "");
    part(block, "word").textContent = WORDS[kind] ?? kind;
    part(this.#root, "reason").textContent = reasonOf(verdict);
    this.#drawScore(verdict);
    this.#drawTimes(verdict.timingsMs);
  }

  #drawScore({ verdict, score, threshold, margin, evidence }) {
    const bar = part(this.#root, "bar");
    // The threshold stands still in the middle; a score of more than twice as much fills the bar. Scores are 0 to 2.
    const end = threshold > 0 ? 2 * threshold : 2;
    bar.dataset.kind = verdict;
    bar.dataset.beyond = (score ?? 0) > end;
    bar.style.setProperty("--score", Math.min((score ?? 0) / end, 1));
    bar.style.setProperty("--threshold", (threshold ?? 0) / end);
    const places = placesOf(margin);
    part(this.#root, "scoretext").textContent = `score ${number(score, places)}`;
    part(this.#root, "thresholdtext").textContent = `threshold ${number(threshold, places)}`;
    part(this.#root, "evidence").replaceChildren(...Object.entries(BRANCHES).map(([key, word]) => {
      const value = evidence?.[key] ?? null;
      const row = make("tr");
      const cell = make("td");
      if (value !== null) {
        const level = make("i", "", { class: "level" });
        level.style.setProperty("--value", Math.min(value, 1));
        cell.append(level);
      }
      row.append(make("th", word, { scope: "row" }), cell, make("td", value === null && evidence ? "not used" : number(value)));
      return row;
    }));
  }

  #drawTimes(timings) {
    const stages = Object.entries(timings);
    part(this.#root, "stages").replaceChildren(...stages.map(([, ms], i) => {
      const piece = make("i");
      piece.style.setProperty("--share", ms);
      piece.style.setProperty("--number", i);
      return piece;
    }));
    const rows = stages.map(([stage, ms], i) => {
      const row = make("li", `${STAGES[stage] ?? stage} ${milliseconds(ms)}`);
      row.style.setProperty("--number", i);
      return row;
    });
    if (stages.length > 0) rows.push(make("li", `together ${milliseconds(stages.reduce((sum, [, ms]) => sum + ms, 0))}`, { class: "total" }));
    part(this.#root, "stagetext").replaceChildren(...rows);
  }

  #drawStrip() {
    part(this.#root, "strip").replaceChildren(...this.#strip.map(v => {
      const old = this.#started !== null && v.completedAt < this.#started;
      const item = make("li", "", { "data-kind": v.verdict, title: `${v.seq}: ${WORDS[v.verdict]} ${reasonOf(v)}${old ? " (before the start; not counted)" : ""}` });
      if (old) item.dataset.old = "";
      item.append(drawing(SHAPES[v.verdict]), make("span", v.verdict === "NOT_JUDGED" ? "N/J" : v.verdict === "REVIEW" ? "REV" : v.verdict), make("small", v.seq));
      return item;
    }));
  }

  #loadNg({ ng }) {
    const section = part(this.#root, "ng");
    section.hidden = !(ng && (ng.frame || ng.overlay));
    if (section.hidden) return;
    const image = part(this.#root, "ngpicture");
    const withMap = this.#overlay && ng.overlay;
    image.src = `/api/v1/stations/${this.#name}/${withMap ? "latest-ng-overlay" : "latest-ng"}.jpg?of=${ng.inspectionId}`;
    image.alt = withMap ? "latest NG with its anomaly map" : "latest NG";
    part(this.#root, "ngcaption").textContent = `no. ${ng.seq}${ng.partId ? `, part ${ng.partId}` : ""}, ${ng.completedAt.substring(11, 19)} UTC`;
  }

  #load() {
    if (this.#picture === null) return;
    this.#loadNg(this.#picture);
    const { inspectionId, frame, overlay } = this.#picture;
    const image = part(this.#root, "picture");
    const withMap = this.#overlay && overlay;
    image.hidden = !(frame || overlay);
    part(this.#root, "nopicture").hidden = !image.hidden;
    if (image.hidden) return;
    image.src = `/api/v1/stations/${this.#name}/${withMap ? "latest-overlay" : "latest"}.jpg?of=${inspectionId}`;
    image.alt = withMap ? "latest frame with its anomaly map" : "latest frame";
    const shown = this.#strip.find(v => v.inspectionId === inspectionId);
    part(this.#root, "caption").textContent = shown ? `no. ${shown.seq}${shown.partId ? `, part ${shown.partId}` : ""}: ${WORDS[shown.verdict]}${withMap ? ", with anomaly map" : ""}` : "";
  }
}

/** Why a verdict is what it is, in words. */
export function reasonOf({ verdict, reason, margin, flags }) {
  const distance = number(Math.abs(margin ?? 0), placesOf(margin));
  const where = margin ? `${distance} ${margin > 0 ? "above" : "below"} the threshold` : "exactly at the threshold";
  const late = flags.late ? " (late)" : "";
  if (verdict === "NOT_JUDGED") return meaningOf(reason);
  if (verdict === "REVIEW") return `too close to the threshold: somebody has to look${late}`;
  if (flags.fallbackProfile) return `fast result at the deadline, ${where}${late}`;
  return verdict === "NG" ? `anomaly: ${where}${late}` : `${where}${late}`;
}
