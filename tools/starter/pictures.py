"""Drawn parts as arrays: what "clipfusion simulate" makes, seed by seed, resized as the product does it."""

import csv
import os
import shutil
import subprocess

import numpy as np
from PIL import Image

from words import MATERIALS, STATES_OF

NAMES, KINDS = list(MATERIALS), ["good", *STATES_OF]
CLIP_SIZE, CLIP_GRID, LATENT_SIZE, LATENT_GRID, TEACHER_SIZE = 240, 15, 256, 32, 320
PARTS, DEFECT_RATE = 12, 0.6
TEXTURE = len(NAMES)  # The material of pictures that the simulated line did not draw.


def draw(program, folder, seed, teacher):
    """Draws one seed's ten lines into a file of arrays, unless it is there."""
    target = f"{folder}/seed{seed}.npz"
    if os.path.exists(target):
        return target
    scratch = f"{folder}/drawing-{seed}"
    shutil.rmtree(scratch, ignore_errors=True)
    subprocess.run(
        [program, "simulate", "--out", scratch, "--seed", str(seed), "--parts", str(PARTS), "--defect-rate", str(DEFECT_RATE)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = {name: [] for name in ("clip", "latent", "clip_area", "latent_area", "kind", "material")}
    features = []
    for number, material in enumerate(NAMES):
        with open(f"{scratch}/{material}/truth.csv") as file:
            truths = list(csv.DictReader(file))
        large = []
        for truth in truths:
            path = f"{scratch}/{material}/{truth['file']}"
            mask = np.zeros((480, 640), np.float32)
            if truth["defect"] != "good":
                name = path.replace("/test/", "/ground_truth/").replace(".png", "_mask.png")
                mask = np.asarray(Image.open(name).convert("L"), np.float32) / 255
            add(rows, large, Image.open(path).convert("RGB"), mask, truth["defect"], number)
        features.append(teacher(np.stack(large)))
    shutil.rmtree(scratch)
    return write(target, rows, np.concatenate(features), seed)


def add(rows, large, picture, mask, kind, material):
    """Adds a picture and its mask of 0..1 to the rows, and what the teacher sees of it to another list."""
    rows["clip"].append(np.asarray(picture.resize((CLIP_SIZE, CLIP_SIZE), Image.BICUBIC)))
    rows["latent"].append(np.asarray(picture.resize((LATENT_SIZE, LATENT_SIZE), Image.BILINEAR)))
    large.append(np.asarray(picture.resize((TEACHER_SIZE, TEACHER_SIZE), Image.BICUBIC)))
    rows["clip_area"].append(share(mask, CLIP_GRID))
    rows["latent_area"].append(share(mask, LATENT_GRID))
    rows["kind"].append(KINDS.index(kind))
    rows["material"].append(material)


def write(target, rows, features, line):
    """Puts the arrays of one line in place; the file's path."""
    arrays = {name: np.asarray(values) for name, values in rows.items()}
    arrays["teacher"] = features.astype(np.float16)
    arrays["line"] = np.full(len(arrays["kind"]), line)
    np.savez(f"{target}.part.npz", **arrays)
    os.replace(f"{target}.part.npz", target)
    return target


def share(mask, side):
    """The share of each cell's area that a mask covers, [side, side]."""
    image = Image.fromarray(mask)
    return np.asarray(image.resize((side * 16, side * 16), Image.BOX)).reshape(side, 16, side, 16).mean((1, 3)).astype(np.float16)


def load(files, names):
    """Some arrays of all files, each as one."""
    kept = {name: [] for name in names}
    for path in files:
        with np.load(path) as arrays:
            for name in names:
                kept[name].append(arrays[name])
    return {name: np.concatenate(kept.pop(name)) for name in names}
