#!/usr/bin/python3
"""
Trains the starter pack's language branches on drawn parts. One command, in stages that go on where they were ended:

    tools/starter/train.py --work FOLDER [--seed N]

See README.md beside this file.
"""

import argparse
import datetime
import hashlib
import json
import math
import multiprocessing
import os
import random
import subprocess
import sys
import time

# Before NumPy: its matrices are small here, and more threads than one only wait for each other.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
import torch.nn.functional as F

import denoiser
import pictures
import textures
import words
from resnet import Teacher
from towers import Clip

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Lines to train on and to look at, and groups of crops of other pictures. The lines' seeds follow from --seed and are far from the small
# ones that people try.
LINES, HELD_OUT, TEXTURES = 28, 2, 40
FIRST_LINE = 5_000_000
CLIP_STEPS, DIFFUSION_STEPS = 5500, 1600
CLIP_BATCH, DIFFUSION_BATCH = 12, 6
TEMPERATURE = 0.07
LANGUAGE_TIMESTEP = 201
APART = 0.8  # Distance of the unit embeddings of a damaged thing and of a perfect one.
TURNED = 0.2  # Share of pictures that are turned or mirrored.
MARKED = 0.4  # Share of good pictures on which defects are drawn.
QUIET, LOUD = 0.03, 0.5  # Attention to a state's tokens where there is nothing, and where there is that defect.


def main():
    options = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    options.add_argument("--work", required=True, help="folder for drawn parts and checkpoints; made if it is missing")
    options.add_argument("--seed", type=int, default=1, help="other lines, other starting weights, another order")
    options.add_argument("--out", help="folder for the weights; default src/Models/Starter/weights")
    options.add_argument("--program", default=f"{ROOT}/artifacts/bin/clipfusion", help="the built program, which draws")
    options.add_argument("--stage", choices=["draw", "clip", "diffusion", "save", "all"], default="all")
    options.add_argument("--clip-steps", type=int, default=CLIP_STEPS)
    options.add_argument("--diffusion-steps", type=int, default=DIFFUSION_STEPS)
    options.add_argument("--lines", type=int, default=LINES)
    o = options.parse_args()
    os.makedirs(o.work, exist_ok=True)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    vocabulary = words.Vocabulary()
    if o.stage in ("draw", "all"):
        draw(o)
    if o.stage == "all":
        # Both at once, a processor each.
        both = [multiprocessing.Process(target=run, args=(o, vocabulary, stage)) for stage in ("clip", "diffusion")]
        for process in both:
            process.start()
        for process in both:
            process.join()
        assert all(process.exitcode == 0 for process in both), "a stage has failed; see above"
    elif o.stage in ("clip", "diffusion"):
        run(o, vocabulary, o.stage)
    if o.stage in ("save", "all"):
        save(o, vocabulary)


def run(o, vocabulary, stage):
    if stage == "clip":
        train(o, stage, ClipStage(o, vocabulary), o.clip_steps)
    else:
        train(o, stage, DiffusionStage(o, vocabulary), o.diffusion_steps)


# ---------------------------------------------------------------- drawing


def seeds(o):
    first = FIRST_LINE + 1000 * o.seed
    return range(first, first + o.lines), range(first + 900, first + 900 + HELD_OUT)


def files(o):
    train_on, look_at = seeds(o)
    drawn, held_out = ([f"{o.work}/seed{s}.npz" for s in part] for part in (train_on, look_at))
    return drawn + [f"{o.work}/texture{s}.npz" for s in texture_seeds(o)], held_out


def texture_seeds(o):
    return range(FIRST_LINE + 1000 * o.seed + 500, FIRST_LINE + 1000 * o.seed + 500 + TEXTURES * o.lines // LINES)


def draw_one(arguments):
    program, work, seed, is_texture = arguments
    torch.set_num_threads(1)
    backbone = os.path.join(os.path.dirname(os.path.realpath(program)), "backbones", "resnet18.onnx")
    teacher = Teacher(backbone)
    features = lambda x: teacher.features(torch.from_numpy(x), pictures.CLIP_GRID).numpy()
    return textures.draw(work, seed, features) if is_texture else pictures.draw(program, work, seed, features)


def draw(o):
    start = time.time()
    textures.fetch(o.work)
    wanted = [(s, False) for part in seeds(o) for s in part] + [(s, True) for s in texture_seeds(o)]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.imap(draw_one, [(o.program, o.work, *w) for w in wanted]), 1):
            say(f"drawn: {done} of {len(wanted)} lines, {time.time() - start:.0f} s")


# ---------------------------------------------------------------- both stages


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def train(o, name, stage, steps):
    """Runs a stage's steps from its checkpoint on. What a step draws follows from the seed and its number alone."""
    checkpoint = f"{o.work}/{name}.pt"
    torch.manual_seed(o.seed)
    parameters = [p for m in stage.modules for p in m.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=stage.rate, betas=(0.9, 0.98), weight_decay=0.02)
    averages, first, spent = [p.detach().clone() for p in parameters], 0, 0.0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint)
        for module, weights in zip(stage.modules, state["modules"]):
            module.load_state_dict(weights)
        optimizer.load_state_dict(state["optimizer"])
        averages, first, spent = state["averages"], state["step"], state["spent"]
    start, sums = time.time(), {}
    for step in range(first, steps):
        rng = np.random.default_rng((o.seed, step))
        for group in optimizer.param_groups:
            warm = min(1, (step + 1) / 200)
            group["lr"] = stage.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        losses = stage.losses(rng)
        total = sum(losses.values())
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        decay = min(0.998, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_mul_(averages, decay)
            torch._foreach_add_(averages, [p.detach() for p in parameters], alpha=1 - decay)
        for key, value in losses.items():
            sums[key] = sums.get(key, 0) + value.item()
        if (step + 1) % 50 == 0:
            took = spent + time.time() - start
            say(f"{name} {step + 1}/{steps}, {took:.0f} s: " + ", ".join(f"{k} {v / 50:.4f}" for k, v in sums.items()))
            sums = {}
        if (step + 1) % 250 == 0 or step + 1 == steps:
            took = spent + time.time() - start
            state = {"modules": [m.state_dict() for m in stage.modules], "optimizer": optimizer.state_dict(), "averages": averages,
                     "step": step + 1, "spent": took}
            torch.save(state, f"{checkpoint}.part")
            os.replace(f"{checkpoint}.part", checkpoint)
            with averaged(parameters, averages):
                say(f"{name} {step + 1}/{steps}: " + stage.look())


def name(material):
    """What a material's folder is called; nothing where the line did not draw it."""
    return pictures.NAMES[material] if material < pictures.TEXTURE else None


class averaged:
    """The parameters' running averages in their place, for a while."""

    def __init__(self, parameters, averages):
        self.parameters, self.averages = parameters, averages

    def __enter__(self):
        self.kept = [p.detach().clone() for p in self.parameters]
        self.put(self.averages)

    def __exit__(self, *_):
        self.put(self.kept)

    def put(self, values):
        with torch.no_grad():
            for p, v in zip(self.parameters, values):
                p.copy_(v)


def auroc(scores, bad):
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    n = bad.sum()
    return (ranks[bad].sum() - n * (n + 1) / 2) / max(1, n * (len(scores) - n))


def by_material(data, score):
    """Mean AUROC over materials of pictures, and the least."""
    bad = data["kind"] > 0
    each = [100 * auroc(score[data["material"] == m], bad[data["material"] == m]) for m in range(len(pictures.NAMES))]
    return f"{np.mean(each):.1f} (least {min(each):.1f} {pictures.NAMES[int(np.argmin(each))]})"


def batch(data, picture, grid, rng, indices):
    """Pictures of 0..1 [N, 3, S, S], turned over and lit anew, and a defect's share of each cell [N, G, G]; the teacher's features
    [N, P, C]; the kinds of defect, and whether a defect was drawn on a good picture here: the lines' own are too few to learn from."""
    choose = random.Random(int(rng.integers(1 << 30)))
    kinds, marked = data["kind"][indices].copy(), np.zeros(len(indices), bool)
    out = []
    for n, i in enumerate(indices):
        x, area = data[picture][i], data[grid][i].astype(np.float32)
        teacher = data["teacher"][i].astype(np.float32).reshape(pictures.CLIP_GRID, pictures.CLIP_GRID, -1)
        if kinds[n] == 0 and choose.random() < MARKED:
            kind = choose.choice(textures.KINDS)
            kinds[n], marked[n], mask = pictures.KINDS.index(kind), True, 0
            for _ in range(choose.randint(1, 5)):
                x, more = textures.damage(x, kind, choose)
                mask = np.maximum(mask, more)
            area = mask.reshape(len(area), len(mask) // len(area), len(area), -1).mean((1, 3))
        # Now and then only: grain has its direction and a part lies as it lies, and that is worth knowing.
        is_turned = rng.random() < TURNED
        turns, flip = is_turned * rng.integers(0, 4), is_turned and rng.random() < 0.5
        turn = lambda a: np.rot90(a[:, ::-1] if flip else a, turns)
        light = 1 + 0.25 * (rng.random() - 0.5) + 0.1 * (rng.random(3) - 0.5)
        lit = np.clip(turn(x) * light.astype(np.float32) + 16 * (rng.random() - 0.5), 0, 255)
        out.append((lit / 255, turn(area), turn(teacher)))
    pixels, areas, teachers = (torch.from_numpy(np.stack(v).astype(np.float32)) for v in zip(*out))
    return pixels.permute(0, 3, 1, 2).contiguous(), areas, teachers.flatten(1, 2), kinds, marked


def some_patches(rng, marked):
    """Indices of patches [up to 512] among those of pictures that the teacher saw as they are."""
    known = np.flatnonzero(np.repeat(~marked if not marked.all() else marked, pictures.CLIP_GRID**2))
    return torch.from_numpy(rng.choice(known, min(512, len(known)), replace=False))


# ---------------------------------------------------------------- CLIP


class ClipStage:
    rate = 1.2e-3

    def __init__(self, o, vocabulary):
        torch.manual_seed(o.seed)
        self.vocabulary, self.clip = vocabulary, Clip(len(vocabulary.symbols))
        width, teacher = self.clip.config["vision_cfg"]["width"], 384
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, teacher) for _ in range(4))
        for parameter in self.heads.parameters():
            torch.nn.init.zeros_(parameter)
        self.modules = [self.clip, self.heads]
        train_on, look_at = files(o)
        names = ("clip", "clip_area", "teacher", "kind", "material", "line")
        self.data, self.held_out = pictures.load(train_on, names), pictures.load(look_at, names)
        keys = self.data["line"] * 100 + self.data["material"]
        self.whiten()
        # Where damaged lies from perfect, whatever the thing and the prompt. The vision tower learns towards this, and the text tower to
        # mean it: one that has to follow what the other makes of a prompt at the moment learns nothing for a long time.
        self.direction = torch.zeros(self.clip.config["embed_dim"])
        self.direction[0] = APART
        bad = self.data["kind"] > 0
        self.groups = [(np.flatnonzero(keys == k), np.flatnonzero((keys == k) & bad)) for k in np.unique(keys)]

    @staticmethod
    def pair(rng, all, bad):
        """A bad part most of the time, and any other."""
        return rng.choice(bad if rng.random() < 0.8 and len(bad) else all), rng.choice(all)

    @torch.no_grad()
    def whiten(self):
        """Starts the patch embedding with the patches' principal components at equal strength: as pictures are, what is fine is faint
        beside what is smooth, and is learned late or never."""
        convolution, size = self.clip.visual.conv1, pictures.CLIP_SIZE // pictures.CLIP_GRID
        pixels = torch.from_numpy(self.data["clip"][:: max(1, len(self.data["clip"]) // 256)]).permute(0, 3, 1, 2).float() / 255
        pixels = (pixels - self.clip.visual.mean) / self.clip.visual.std
        patches = F.unfold(pixels, size, stride=size).transpose(1, 2).flatten(0, 1)
        patches = patches - patches.mean(0)
        strength, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        strength, directions = strength.flip(0)[: len(convolution.weight)], directions.flip(1)[:, : len(convolution.weight)]
        convolution.weight.copy_((directions / (strength + strength[-1]).sqrt()).T.view_as(convolution.weight))

    def losses(self, rng):
        data, clip = self.data, self.clip
        # Pairs of one material of one line, so that features of like parts are compared.
        i = np.concatenate([self.pair(rng, *self.groups[g]) for g in rng.integers(0, len(self.groups), CLIP_BATCH // 2)])
        pixels, area, teacher, kinds, marked = batch(data, "clip", "clip_area", rng, i)
        choose = random.Random(int(rng.integers(1 << 30)))
        objects = [words.object_word(choose, name(m)) for m in data["material"][i]]
        normal = self.sides(objects, choose.choice(words.NORMAL))
        abnormal = self.sides(objects, choose.choice(words.ABNORMAL))
        whole, patches, taps, originals = clip.visual(pixels)
        whole, patches = F.normalize(whole, dim=-1), F.normalize(patches, dim=-1)

        # Patches and pictures, damaged against perfect, as the method reads them.
        logit = lambda p: p @ self.direction / TEMPERATURE
        target = area.flatten(1)
        clear = (target == 0) | (target > 0.02)
        # In each picture what is damaged weighs as much as what is not, however small it is.
        damaged = (target > 0.02).float()
        intact = clear.float() - damaged
        weight = damaged / damaged.sum(1, keepdim=True).clamp(min=1) + intact / intact.sum(1, keepdim=True).clamp(min=1)
        weight = weight * weight.shape[1] / 2
        where = lambda p: F.binary_cross_entropy_with_logits(logit(p), damaged, weight)
        # Also what the class token looks at, before it does: it finds a small defect only among patches that know of it.
        before = [where(F.normalize(clip.visual.embed(o), dim=-1)) for o in originals[1:3]]
        bad = torch.from_numpy((kinds > 0).astype(np.float32))
        score = whole @ self.direction / TEMPERATURE
        text = (abnormal - normal - self.direction).square().sum(-1).mean()

        # Pictures and the words of their material and state, each against all others.
        names = [words.MATERIALS[n][0] for n in pictures.NAMES]
        all_words = torch.cat([self.sides(names, words.NORMAL[0]), self.sides(names, words.ABNORMAL[0])])
        drawn = torch.from_numpy(data["material"][i] < pictures.TEXTURE)
        answer = torch.from_numpy(data["material"][i] + len(names) * (kinds > 0))
        against = clip.logit_scale.exp().clamp(max=100) * whole @ all_words.T
        contrast = F.cross_entropy(against[drawn], answer[drawn]) if drawn.any() else against.sum() * 0

        # The teacher's features themselves, less each picture's mean: what is peculiar to a place is what is wanted, and is little beside
        # what tells materials apart.
        seen = torch.from_numpy(~marked)
        peculiar = teacher - teacher.mean(1, keepdim=True)
        size = peculiar[seen].square().sum().clamp(min=1e-6)
        tokens = (*taps[1:3], *originals[1:3])
        unit = peculiar.square().mean().sqrt()
        told = [unit * head(F.layer_norm(t, t.shape[-1:])) - peculiar for head, t in zip(self.heads, tokens)]
        told = sum(t[seen].square().sum() for t in told) / size / len(tokens)

        # What lies near what, as the teacher sees it.
        flat = teacher.flatten(0, 1)
        some = some_patches(rng, marked)
        near = flat[some] @ flat[some].T
        like = 0
        for tap in taps[1:3]:
            t = F.normalize(tap.flatten(0, 1)[some], dim=-1)
            like = like + F.mse_loss(t @ t.T, near)
        return {"patch": where(patches), "before": 0.5 * sum(before), "picture": F.binary_cross_entropy_with_logits(score, bad),
                "text": 2 * text, "words": 0.2 * contrast, "told": told, "teacher": like}

    def sides(self, objects, prompt):
        """Unit embeddings of one prompt for each object [N, E]."""
        known = {o: n for n, o in enumerate(dict.fromkeys(objects))}
        e = F.normalize(self.clip.text(torch.tensor([self.vocabulary.encode(prompt.format(o)) for o in known])), dim=-1)
        return e[[known[o] for o in objects]]

    @torch.no_grad()
    def look(self):
        """Zero-shot on lines that were not trained on, as the method does it."""
        data, whole, peaks, pixel, truth = self.held_out, [], [], [], []
        names = [words.MATERIALS[n][0] for n in pictures.NAMES]
        side = self.sides(names, words.ABNORMAL[0]) - self.sides(names, words.NORMAL[0])
        for first in range(0, len(data["kind"]), 48):
            part = slice(first, first + 48)
            pixels = torch.from_numpy(data["clip"][part]).permute(0, 3, 1, 2).float() / 255
            c, p, _, _ = self.clip.visual(pixels)
            d = side[data["material"][part]]
            whole.append(torch.sigmoid((F.normalize(c, dim=-1) * d).sum(-1) / TEMPERATURE))
            m = torch.sigmoid((F.normalize(p, dim=-1) * d[:, None]).sum(-1) / TEMPERATURE)
            peaks.append(m.max(1).values)
            pixel.append(m.flatten())
            truth.append(data["clip_area"][part].reshape(-1) > 0.2)
        whole, peaks = torch.cat(whole).numpy(), torch.cat(peaks).numpy()
        return (f"zero-shot image AUROC {by_material(data, whole)}, by the map's peak {by_material(data, peaks)}, "
                f"patch AUROC {100 * auroc(torch.cat(pixel).numpy(), np.concatenate(truth)):.1f}")


# ---------------------------------------------------------------- diffusion


class DiffusionStage:
    rate = 1.5e-3

    def __init__(self, o, vocabulary):
        torch.manual_seed(o.seed + 1)
        self.vocabulary = vocabulary
        self.vae, self.unet, self.text = denoiser.Vae(), denoiser.Unet(), denoiser.Text(len(vocabulary.symbols))
        self.modules = [self.vae, self.unet, self.text]
        for module in self.modules:
            module.to(memory_format=torch.channels_last)
        train_on, look_at = files(o)
        names = ("latent", "latent_area", "teacher", "kind", "material")
        self.data, self.held_out = pictures.load(train_on, names), pictures.load(look_at, names)
        steps = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
        self.kept = (1 - steps).cumprod(0)

    def losses(self, rng):
        data = self.data
        i = rng.integers(0, len(data["kind"]), DIFFUSION_BATCH)
        pixels, area, teacher, kinds, marked = batch(data, "latent", "latent_area", rng, i)
        mean, log_variance = self.vae.encode(pixels.contiguous(memory_format=torch.channels_last))
        log_variance = log_variance.clamp(-12, 4)
        sample = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        shown = self.vae.decoder(sample)
        picture = F.mse_loss(shown, F.avg_pool2d(pixels * 2 - 1, 4))
        narrow = 1e-3 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()

        # The method's own pass: nothing noised, nothing masked, a prompt with a state; half of the states are right.
        choose = random.Random(int(rng.integers(1 << 30)))
        prompts, weights, right = [], [], []
        for n, number in zip(i, kinds):
            kind = pictures.KINDS[number]
            states = words.STATES_OF.get(kind, [])
            draw = choose.random()
            state = (choose.choice(states) if draw < 0.35 and states else choose.choice(words.EVERY_DEFECT) if draw < 0.6
                     else choose.choice(words.STATES))
            right.append(state in states or state in words.EVERY_DEFECT)
            thing = words.object_word(choose, name(data["material"][n]))
            prompt = self.vocabulary.encode(words.STATE_PROMPT.format(thing, state))
            prompts.append(prompt)
            weights.append(self.weights(prompt, state))
        context = self.text(torch.tensor(prompts))
        latent = mean
        empty = torch.zeros_like(latent[:, :1])
        timestep = torch.full((len(i),), LANGUAGE_TIMESTEP)
        _, taken, decoder = self.unet(torch.cat([latent, empty, latent], 1), timestep, context)
        found = denoiser.state_map(taken, torch.stack(weights), pictures.LATENT_GRID)
        there = (area > 0.02) & torch.tensor(right)[:, None, None]
        clear = (area == 0) | (area > 0.02)
        wanted = torch.where(there, LOUD, QUIET).log()
        weight = clear.float() * torch.where(there, 6.0, 1.0)
        attention = (weight * (found.clamp(min=1e-5).log() - wanted).square()).mean()

        # What lies near what in the decoder's features, as the teacher sees it.
        near_loss = 0
        pick = some_patches(rng, marked)
        flat = teacher.flatten(0, 1)[pick]
        near = flat @ flat.T
        for block in (1, 2, 3):
            f = F.adaptive_avg_pool2d(decoder[block], pictures.CLIP_GRID).flatten(2).transpose(1, 2).flatten(0, 1)[pick]
            f = F.normalize(f, dim=-1)
            near_loss = near_loss + F.mse_loss(f @ f.T, near)

        # Denoising, with a part masked, under the reference prompt: what the published model was trained for.
        half = slice(0, DIFFUSION_BATCH // 3)
        z = mean[half].detach()
        t = torch.from_numpy(rng.integers(0, 1000, len(z)))
        noise, keep = torch.randn_like(z), self.kept[t].view(-1, 1, 1, 1)
        mask = (F.interpolate(torch.rand(len(z), 1, 4, 4), size=z.shape[2:]) > 0.6).float()
        prompt = self.vocabulary.encode(words.REFERENCE_PROMPT.format(words.object_word(choose, name(data["material"][i[0]]))))
        noised = keep.sqrt() * z + (1 - keep).sqrt() * noise
        guess, _, _ = self.unet(torch.cat([noised, mask, z * (1 - mask)], 1), t, self.text(torch.tensor([prompt] * len(z))))
        denoise = F.mse_loss(guess, noise)
        return {"picture": picture, "narrow": narrow, "attention": attention, "teacher": 2 * near_loss / 3, "denoise": 0.1 * denoise}

    def weights(self, prompt, state):
        positions = self.vocabulary.positions(prompt, state)
        w = torch.zeros(words.LENGTH)
        w[positions] = 1 / len(positions)
        return w

    @torch.no_grad()
    def look(self):
        """The language map and its score on lines that were not trained on, as the method does it."""
        data, scores, pixel, truth = {k: v[::4] for k, v in self.held_out.items()}, [], [], []
        for first in range(0, len(data["kind"]), 24):
            part = slice(first, first + 24)
            mean, _ = self.vae.encode(torch.from_numpy(data["latent"][part]).permute(0, 3, 1, 2).float() / 255)
            sample = torch.cat([mean, torch.zeros_like(mean[:, :1]), mean], 1)
            maps = 0
            for state in words.STATES:
                prompts = [self.vocabulary.encode(words.STATE_PROMPT.format(words.MATERIALS[pictures.NAMES[m]][0], state))
                           for m in data["material"][part]]
                weights = torch.stack([self.weights(p, state) for p in prompts])
                _, taken, _ = self.unet(sample, torch.full((len(mean),), LANGUAGE_TIMESTEP), self.text(torch.tensor(prompts)))
                maps = maps + denoiser.state_map(taken, weights, pictures.LATENT_GRID) / len(words.STATES)
            flat = maps.flatten(1)
            scores.append(1 - flat.median(1).values / flat.max(1).values)
            pixel.append(flat.flatten())
            truth.append(data["latent_area"][part].reshape(-1) > 0.2)
        return (f"zero-shot image AUROC {by_material(data, torch.cat(scores).numpy())}, "
                f"cell AUROC {100 * auroc(torch.cat(pixel).numpy(), np.concatenate(truth)):.1f}")


# ---------------------------------------------------------------- saving


def save(o, vocabulary):
    """Writes both weight folders in the published layouts, and the card."""
    out = o.out or f"{ROOT}/src/Models/Starter/weights"
    clip = Clip(len(vocabulary.symbols))
    vae, unet, text = denoiser.Vae(), denoiser.Unet(), denoiser.Text(len(vocabulary.symbols))
    spent = {name: restore(f"{o.work}/{name}.pt", modules) for name, modules in {"clip": [clip], "diffusion": [vae, unet, text]}.items()}
    # The published scaling brings latents to about unit deviation; here the denoiser was trained on them as they are.
    config = {**denoiser.VAE_CONFIG, "scaling_factor": 1.0}
    for folder in ("clip", "sd/tokenizer", "sd/unet", "sd/vae", "sd/text_encoder"):
        os.makedirs(f"{out}/{folder}", exist_ok=True)
    vocabulary.write(f"{out}/clip")
    vocabulary.write(f"{out}/sd/tokenizer")
    put(f"{out}/clip/open_clip_config.json", {"model_cfg": clip.config})
    put(f"{out}/sd/unet/config.json", denoiser.UNET_CONFIG)
    put(f"{out}/sd/vae/config.json", config)
    put(f"{out}/sd/text_encoder/config.json", text.config)
    sizes = [
        safetensors(f"{out}/clip/open_clip_model.safetensors", clip.state_dict()),
        safetensors(f"{out}/sd/text_encoder/model.safetensors", text.state_dict()),
        safetensors(f"{out}/sd/vae/diffusion_pytorch_model.safetensors",
                    {k: v for k, v in vae.state_dict().items() if not k.startswith("decoder.")}),
        safetensors(f"{out}/sd/unet/diffusion_pytorch_model.safetensors",
                    {k: v for k, v in unet.state_dict().items() if not k.startswith(("conv_norm_out.", "conv_out."))}),
    ]
    train_on, look_at = seeds(o)
    version = subprocess.run([o.program, "--version"], capture_output=True, text=True).stdout.strip()
    put(f"{out}/card.json", {
        "what": "Small CLIP and Stable Diffusion 2 inpainting networks, trained on drawn parts and on drawn defects on free pictures.",
        "licence": "CC0-1.0",
        "data": f"clipfusion simulate, {len(train_on)} lines of ten materials, {pictures.PARTS} parts each at a defect rate of "
                f"{pictures.DEFECT_RATE} and 12 good ones; {len(texture_seeds(o))} groups of 24 crops of pictures of Debian's package "
                f"{textures.PACKAGE} (CC-BY-SA-3.0 and GPL-2.0-or-later), with drawn defects on half of them",
        "teacher": "ResNet-18 of the package Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1, frozen",
        "seed": o.seed, "lineSeeds": [train_on[0], train_on[-1]], "heldOutLineSeeds": [look_at[0], look_at[-1]],
        "steps": {"clip": o.clip_steps, "diffusion": o.diffusion_steps},
        "minutes": {k: round(v / 60, 1) for k, v in spent.items()},
        "date": f"{datetime.date.today()}", "megabytes": round(sum(sizes) / 1e6, 2),
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__, "clipfusion": version},
    })
    say(f"saved in {out}: {sum(sizes) / 1e6:.1f} MB")


def restore(checkpoint, modules):
    """Puts a checkpoint's averages into modules; the seconds that it took."""
    state = torch.load(checkpoint)
    for module, weights in zip(modules, state["modules"]):
        module.load_state_dict(weights)
    with torch.no_grad():
        for p, a in zip([p for m in modules for p in m.parameters()], state["averages"]):
            p.copy_(a)
    return state["spent"]


def put(path, content):
    with open(path, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def safetensors(path, tensors):
    """Writes tensors as F16 in the safetensors format; the file's size."""
    header, data = {}, b""
    for name in sorted(tensors):
        half = tensors[name].detach().to(torch.float16).contiguous()
        assert torch.isfinite(half).all(), name
        raw = half.numpy().tobytes()
        header[name] = {"dtype": "F16", "shape": list(half.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)
    return os.path.getsize(path)


if __name__ == "__main__":
    main()
