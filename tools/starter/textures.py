"""Drawn defects on free pictures: surfaces that the simulated line doesn't have, so that the networks don't only know its ten materials."""

import glob
import math
import os
import random
import subprocess

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

import pictures

# Painted pictures, CC-BY-SA-3.0 (adwaita) and GPL-2.0-or-later (the others): usr/share/doc/gnome-backgrounds/copyright in the package.
PACKAGE = "gnome-backgrounds"
SIZE = 480
SEEN = 8  # Levels of 255.
KINDS = ["scratch", "hole", "stain", "crack", "fibre", "misplaced_part"]


def fetch(folder):
    """Downloads and unpacks the package below a folder, unless it is there; its pictures."""
    root = f"{folder}/textures"
    if not os.path.isdir(root):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["dpkg", "-x", glob.glob(f"{folder}/{PACKAGE}_*.deb")[0], root], check=True)
    found = sorted(f for end in ("jpg", "png", "webp") for f in glob.glob(f"{root}/**/*.{end}", recursive=True))
    assert found, f"{PACKAGE} has no pictures that are read here"
    return found


def draw(folder, seed, teacher, parts=24):
    """Draws one group of crops of one picture into a file of arrays like pictures.draw, unless it is there."""
    target = f"{folder}/texture{seed}.npz"
    if os.path.exists(target):
        return target
    rng = random.Random(seed)
    whole = Image.open(rng.choice(fetch(folder))).convert("RGB")
    side = rng.randint(160, min(900, *whole.size))
    rows = {name: [] for name in ("clip", "latent", "clip_area", "latent_area", "kind", "material")}
    large = []
    for part in range(parts):
        x, y = rng.randint(0, whole.width - side), rng.randint(0, whole.height - side)
        picture = whole.crop((x, y, x + side, y + side)).resize((SIZE, SIZE), Image.BICUBIC)
        picture = np.asarray(ImageEnhance.Brightness(picture).enhance(rng.uniform(0.94, 1.06)))
        kind, mask = "good", np.zeros((SIZE, SIZE), np.float32)
        if part % 2:
            kind = rng.choice(KINDS)
            picture, mask = damage(picture, kind, rng)
        noise = np.random.default_rng((seed, part)).normal(0, 1.6, (SIZE, SIZE, 3))
        picture = Image.fromarray(np.clip(picture + noise, 0, 255).astype(np.uint8))
        pictures.add(rows, large, picture, mask, kind, pictures.TEXTURE)
    return pictures.write(target, rows, teacher(np.stack(large)), seed)


def damage(picture, kind, rng):
    """A square picture [S, S, 3] of 0..255 with one defect of a kind, and how much of each pixel it covers, [S, S] of 0..1."""
    side = len(picture)
    mask = Image.new("L", (2 * side, 2 * side))  # twice as fine, for smooth edges
    pen = ImageDraw.Draw(mask)
    x, y = rng.uniform(0.06, 0.94) * 2 * side, rng.uniform(0.06, 0.94) * 2 * side
    size = rng.uniform(0.02, 0.09) * 2 * side
    if kind in ("scratch", "fibre", "crack"):
        bend, step = {"scratch": 0.04, "fibre": 0.5, "crack": 0.9}[kind], rng.uniform(0.01, 0.02) * 2 * side
        width = max(1, round(rng.uniform(0.004, 0.008) * 2 * side))
        line(pen, rng, x, y, rng.uniform(0, 2 * math.pi), bend, step, int(rng.uniform(2, 5) * size / step), width)
    elif kind in ("hole", "stain"):
        rough = 0.15 if kind == "hole" else 0.35
        radii = [size * (1 + rng.uniform(-rough, rough)) for _ in range(12)]
        pen.polygon([(x + r * math.cos(i * math.pi / 6), y + r * math.sin(i * math.pi / 6)) for i, r in enumerate(radii)], fill=255)
    else:
        half = 1.5 * size
        x, y = (min(max(v, half), 2 * side - half) for v in (x, y))
        pen.ellipse([x - half, y - half, x + half, y + half], fill=255)
    covered = np.zeros((side, side), np.float32)
    box = mask.getbbox()
    if box is None:
        return picture, covered
    # Only the part that it lies in, with room for the blur.
    left, top, right, bottom = (min(max(v // 2 + more, 0), side) for v, more in zip(box, (-8, -8, 9, 9)))
    mask = mask.crop((2 * left, 2 * top, 2 * right, 2 * bottom))
    if kind in ("hole", "stain"):
        mask = mask.filter(ImageFilter.GaussianBlur((0.004 if kind == "hole" else 0.01) * 2 * side))
    mask = np.asarray(mask.reduce(2), np.float32)[..., None] / 255
    ground = picture[top:bottom, left:right].astype(np.float32)
    dark = picture[::8, ::8].mean() > 140
    other = {
        "scratch": lambda: np.float32([70, 68, 66] if dark else [240, 238, 232]),
        "crack": lambda: ground * 0.2,
        "hole": lambda: np.float32([14, 13, 15]),
        "stain": lambda: ground * np.float32([0.62, 0.52, 0.4]),
        "fibre": lambda: np.float32(rng.choice([(32, 44, 96), (120, 26, 30), (20, 20, 20), (225, 225, 220)])),
        "misplaced_part": lambda: np.asarray(
            Image.fromarray(picture[top:bottom, left:right]).rotate(rng.uniform(60, 300), resample=Image.BILINEAR), np.float32),
    }[kind]()
    amount = mask if kind == "misplaced_part" else mask * rng.uniform(0.6, 1)
    changed = ground * (1 - amount) + other * amount
    damaged = picture.copy()
    damaged[top:bottom, left:right] = changed
    # What nobody can see is no defect: a hole in a black ground, a piece of nothing that was turned.
    seen = np.abs(changed - ground).max(-1) > SEEN
    covered[top:bottom, left:right] = mask[..., 0] * seen
    return damaged, covered


def line(pen, rng, x, y, angle, bend, step, steps, width):
    for _ in range(steps):
        angle += rng.gauss(0, bend)
        to = (x + step * math.cos(angle), y + step * math.sin(angle))
        pen.line([(x, y), to], fill=255, width=width)
        x, y = to
