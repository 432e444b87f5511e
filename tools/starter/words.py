"""The starter networks' own vocabulary and prompts: byte-pair encoding in CLIP's file formats, of the words that inspection recipes say."""

import json
import random
import re

LENGTH = 77

WORDS = """
a an the of with for and in on to good perfect flawless normal abnormal damaged broken defective cropped close up png photo picture image
object part anomaly segmentation classification crack hole residue damage scratch dent stain spot bubble burr chip contamination missing
bent misaligned misplaced discoloration fray uneven blowhole break inclusion pit rust oil dirt fingerprint fibre thread print error
brushed metal wood grain woven fabric leather terrazzo ceramic tile cast flange circuit board printed label blister pack bottle cable
capsule carpet grid hazelnut nut pill screw toothbrush transistor zipper candle cashew gum fryum macaroni pcb pipe magnetic plate gear
washer ring connector cap lid tube casting sheet glass plastic rubber steel brass copper aluminium widget surface solar cell panel paper
foil
""".split()

# The simulated line's materials as folders call them, the words for them, and words that a recipe may say instead.
MATERIALS = {
    "brushed_metal": ["brushed metal", "steel sheet", "metal sheet"],
    "wood_grain": ["wood grain", "wood", "wood surface"],
    "woven_fabric": ["woven fabric", "fabric", "carpet"],
    "leather": ["leather", "leather surface"],
    "terrazzo": ["terrazzo", "terrazzo surface"],
    "ceramic_tile": ["ceramic tile", "tile", "magnetic tile"],
    "cast_metal": ["cast metal", "cast flange", "casting"],
    "circuit_board": ["circuit board", "printed circuit board", "pcb"],
    "printed_label": ["printed label", "label"],
    "blister_pack": ["blister pack", "blister"],
}
# Said of anything, so that the networks look at the state's word also where they don't know the object's.
ANYTHING = ["part", "object", "widget", "surface", "image", "bottle", "plate", "gear", "nut", "screw", "sheet", "plastic part"]

NORMAL = ["a good, cropped picture of the perfect {} for classification", "a photo of a perfect {}", "a photo of a flawless {}",
          "a good picture of the normal {}", "a cropped photo of the good {}"]
ABNORMAL = ["a good, cropped picture of the damaged {} for classification", "a photo of a damaged {}", "a photo of a broken {}",
            "a good picture of the abnormal {}", "a cropped photo of the defective {}"]

STATE_PROMPT = "a close-up cropped png photo of a {} with {} for anomaly segmentation"
REFERENCE_PROMPT = "a photo of a perfect {}"
STATES = ["crack", "hole", "residue", "damage"]
# What the line's kinds of defect are called, the first the nearest of the method's own states.
STATES_OF = {
    "scratch": ["crack", "scratch"],
    "crack": ["crack", "break"],
    "hole": ["hole", "pit"],
    "stain": ["residue", "stain", "discoloration"],
    "fibre": ["residue", "fibre", "contamination"],
    "missing_part": ["hole", "missing"],
    "misplaced_part": ["residue", "misplaced", "misaligned"],
}
EVERY_DEFECT = ["damage", "abnormal", "defective"]


def byte_symbols():
    """GPT-2's printable stand-in for every byte, in the order of CLIP's vocabulary."""
    printable = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b]
    others = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}


class Vocabulary:
    """Every byte, and whole words for WORDS."""

    def __init__(self):
        symbols = list(byte_symbols().values())
        symbols += [s + "</w>" for s in symbols]
        known, self.merges = set(symbols), []
        words = [split(w) for w in dict.fromkeys(WORDS)]
        while any(len(w) > 1 for w in words):
            counts = {}
            for word in words:
                for pair in zip(word, word[1:]):
                    counts[pair] = counts.get(pair, 0) + 1
            pair = min(counts, key=lambda p: (-counts[p], p))
            self.merges.append(pair)
            if pair[0] + pair[1] not in known:
                known.add(pair[0] + pair[1])
                symbols.append(pair[0] + pair[1])
            words = [merged(w, pair) for w in words]
        self.symbols = symbols + ["<|startoftext|>", "<|endoftext|>"]
        self.ids = {s: i for i, s in enumerate(self.symbols)}
        self.ranks = {p: i for i, p in enumerate(self.merges)}
        self.bytes = byte_symbols()
        self.known = {}

    def encode(self, text):
        """Ids with start and end, padded with 0 to LENGTH."""
        ids = [len(self.symbols) - 2]
        for word in re.findall(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+", text.lower()):
            ids += self.word(word)
        ids.append(len(self.symbols) - 1)
        assert len(ids) <= LENGTH, text
        return ids + [0] * (LENGTH - len(ids))

    def word(self, word):
        if word not in self.known:
            parts = [self.bytes[b] for b in word.encode()]
            parts[-1] += "</w>"
            while len(parts) > 1:
                pairs = [(self.ranks.get(p, len(self.ranks)), p) for p in zip(parts, parts[1:])]
                rank, pair = min(pairs)
                if rank == len(self.ranks):
                    break
                parts = merged(parts, pair)
            self.known[word] = [self.ids[p] for p in parts]
        return self.known[word]

    def positions(self, prompt, state):
        """Where the last occurrence of a state's tokens stands in an encoded prompt."""
        wanted = [i for w in state.split() for i in self.word(w)]
        for start in range(LENGTH - len(wanted), 0, -1):
            if prompt[start:start + len(wanted)] == wanted:
                return list(range(start, start + len(wanted)))
        raise ValueError(f"'{state}' is not in the prompt")

    def write(self, folder):
        with open(f"{folder}/vocab.json", "w") as file:
            json.dump(self.ids, file, ensure_ascii=False)
        with open(f"{folder}/merges.txt", "w") as file:
            file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in self.merges))


def split(word):
    return [*word[:-1], word[-1] + "</w>"]


def merged(parts, pair):
    out, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


def object_word(rng: random.Random, material):
    """The material's own name most of the time, else another word for it or for anything."""
    if material not in MATERIALS:
        return rng.choice(ANYTHING)
    draw = rng.random()
    return MATERIALS[material][0] if draw < 0.5 else rng.choice(MATERIALS[material]) if draw < 0.75 else rng.choice(ANYTHING)
