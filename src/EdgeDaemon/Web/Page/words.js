// What verdicts, stages and branches are called, and the shapes that stand beside the words: colour is never the only signal.

export const WORDS = { OK: "OK", NG: "NG", REVIEW: "REVIEW", NOT_JUDGED: "NOT JUDGED" };

// Paths in a box of 24: tick in a circle, cross in an octagon, question mark in a diamond, bar in a square.
export const SHAPES = {
  OK: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M7 12.5l3.5 3.5l6.5-7.5",
  NG: "M8 2h8l6 6v8l-6 6h-8l-6-6v-8zM8 8l8 8M16 8l-8 8",
  REVIEW: "M12 1.5l10.5 10.5l-10.5 10.5l-10.5-10.5zM9.5 9.5a2.5 2.5 0 1 1 3.7 2.2q-1.2.6-1.2 1.8M12 16.6v.1",
  NOT_JUDGED: "M3 3h18v18h-18zM7.5 12h9",
};

export const BRANCHES = {
  clipLanguage: "CLIP, words",
  clipVision: "CLIP, references",
  diffLanguage: "Diffusion, words",
  diffVision: "Diffusion, references",
};

export const STAGES = {
  accept: "accept",
  frame: "frame",
  turn: "wait for turn",
  prepare: "prepare",
  networks: "networks",
  memoryBank: "memory bank",
  fuse: "fuse",
  decide: "decide",
};

export const COUNTERS = { ok: "OK", ng: "NG", review: "Review", notJudged: "Not judged", accepted: "Accepted", missed: "Missed triggers" };

const meanings = new Map();

/** Learns the meanings of codes from the box. */
export function learn(codes) {
  for (const { text, meaning } of codes) meanings.set(text, meaning);
}

/** A reason or refusal in words; the code itself where it is not known. */
export function meaningOf(text) {
  return text ? meanings.get(text) ?? text : "";
}

/** A score with three decimal places, or as many as are asked for; a dash for none. */
export function number(value, places = 3) {
  return value === null || value === undefined ? "–" : value.toFixed(places);
}

/** Decimal places that tell a score from its threshold: three, or as many as the margin's first digit needs. */
export function placesOf(margin) {
  const size = Math.abs(margin ?? 0);
  return size === 0 || size >= 0.0005 ? 3 : Math.min(Math.ceil(-Math.log10(size)), 20);
}

/** Milliseconds for people. */
export function milliseconds(value) {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
