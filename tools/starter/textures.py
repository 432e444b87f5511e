"""Drawn defects on free pictures: surfaces that the simulated line doesn't have, so that the networks don't only know its ten materials."""

import glob
import math
import os
import random
import subprocess

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

import pictures

# Photographs and painted pictures under CC-BY-SA and CC0, see /usr/share/doc/gnome-backgrounds/copyright of the package.
PACKAGE = "gnome-backgrounds"
SIZE = 480
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
        picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.94, 1.06))
        kind, mask = "good", Image.new("L", picture.size)
        if part % 2:
            kind = rng.choice(KINDS)
            picture, mask = damage(picture, kind, rng)
        noise = np.random.default_rng((seed, part)).normal(0, 1.6, (SIZE, SIZE, 3))
        picture = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
        pictures.add(rows, large, picture, np.asarray(mask, np.float32) / 255, kind, pictures.TEXTURE)
    return pictures.write(target, rows, teacher(np.stack(large)), seed)


def damage(picture, kind, rng):
    """A picture with one defect of a kind, and where it is."""
    x, y = rng.uniform(0.12, 0.88) * SIZE, rng.uniform(0.12, 0.88) * SIZE
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    size = rng.uniform(0.02, 0.09) * SIZE
    if kind in ("scratch", "fibre", "crack"):
        bend, step = {"scratch": 0.04, "fibre": 0.5, "crack": 0.9}[kind], rng.uniform(5, 10)
        line(pen, rng, x, y, rng.uniform(0, 2 * math.pi), bend, step, int(rng.uniform(2, 5) * size / step), rng.choice([2, 3, 4]))
    elif kind in ("hole", "stain"):
        rough = 0.15 if kind == "hole" else 0.35
        radii = [size * (1 + rng.uniform(-rough, rough)) for _ in range(12)]
        pen.polygon([(x + r * math.cos(i * math.pi / 6), y + r * math.sin(i * math.pi / 6)) for i, r in enumerate(radii)], fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(2 if kind == "hole" else 5))
    else:
        half = int(1.5 * size)
        box = [int(min(max(v - half, 0), SIZE - 2 * half)) for v in (x, y)]
        box += [box[0] + 2 * half, box[1] + 2 * half]
        pen.ellipse(box, fill=255)
        moved = picture.rotate(rng.uniform(60, 300), center=((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), resample=Image.BICUBIC)
        return Image.composite(moved, picture, mask), mask
    ground = np.asarray(picture, np.float32)
    dark = ground.mean() > 140
    colour = {
        "scratch": np.float32([70, 68, 66] if dark else [240, 238, 232]),
        "crack": ground * 0.2,
        "hole": np.float32([14, 13, 15]),
        "stain": ground * np.float32([0.62, 0.52, 0.4]),
        "fibre": np.float32(rng.choice([(32, 44, 96), (120, 26, 30), (20, 20, 20), (225, 225, 220)])),
    }[kind]
    amount = np.asarray(mask, np.float32)[..., None] / 255 * rng.uniform(0.75, 1)
    return Image.fromarray((ground * (1 - amount) + colour * amount).astype(np.uint8)), mask


def line(pen, rng, x, y, angle, bend, step, steps, width):
    for _ in range(steps):
        angle += rng.gauss(0, bend)
        to = (x + step * math.cos(angle), y + step * math.sin(angle))
        pen.line([(x, y), to], fill=255, width=width)
        x, y = to
