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
LINES, HELD_OUT, TEXTURES = 44, 3, 60
FIRST_LINE = 5_000_000
CLIP_STEPS, DIFFUSION_STEPS = 3000, 800
CLIP_BATCH, DIFFUSION_BATCH = 12, 6
TEMPERATURE = 0.07
LANGUAGE_TIMESTEP = 201
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
    torch.set_num_threads(os.cpu_count())
    vocabulary = words.Vocabulary()
    stages = ["draw", "clip", "diffusion", "save"] if o.stage == "all" else [o.stage]
    if "draw" in stages:
        draw(o)
    if "clip" in stages:
        train(o, "clip", ClipStage(o, vocabulary), o.clip_steps)
    if "diffusion" in stages:
        train(o, "diffusion", DiffusionStage(o, vocabulary), o.diffusion_steps)
    if "save" in stages:
        save(o, vocabulary)


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
        if (step + 1) % 100 == 0:
            took = spent + time.time() - start
            say(f"{name} {step + 1}/{steps}, {took:.0f} s: " + ", ".join(f"{k} {v / 100:.4f}" for k, v in sums.items()))
            sums = {}
        if (step + 1) % 500 == 0 or step + 1 == steps:
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


def batch(data, size, picture, grid, rng, indices=None):
    """Pictures of 0..1 [N, 3, S, S] and the defects' areas [N, G, G], turned over and lit anew."""
    i = rng.integers(0, len(data["kind"]), size) if indices is None else indices
    x, area = data[picture][i], data[grid][i].astype(np.float32)
    teacher = data["teacher"][i].astype(np.float32).reshape(len(i), pictures.CLIP_GRID, pictures.CLIP_GRID, -1)
    out = []
    for n in range(len(i)):
        turns, flip = rng.integers(0, 4), rng.random() < 0.5
        turn = lambda a: np.rot90(a[:, ::-1] if flip else a, turns)
        light = 1 + 0.25 * (rng.random() - 0.5) + 0.1 * (rng.random(3) - 0.5)
        lit = np.clip(turn(x[n]) * light.astype(np.float32) + 16 * (rng.random() - 0.5), 0, 255)
        out.append((lit / 255, turn(area[n]), turn(teacher[n])))
    pixels, areas, teachers = (torch.from_numpy(np.stack(v).astype(np.float32)) for v in zip(*out))
    return i, pixels.permute(0, 3, 1, 2).contiguous(), areas, teachers.flatten(1, 2)


# ---------------------------------------------------------------- CLIP


class ClipStage:
    rate = 1.2e-3

    def __init__(self, o, vocabulary):
        torch.manual_seed(o.seed)
        self.vocabulary, self.clip = vocabulary, Clip(len(vocabulary.symbols))
        self.modules = [self.clip]
        train_on, look_at = files(o)
        self.data, self.held_out = pictures.load(train_on), pictures.load(look_at)
        keys = self.data["line"] * 100 + self.data["material"]
        self.groups = [np.flatnonzero(keys == k) for k in np.unique(keys)]

    def losses(self, rng):
        data, clip = self.data, self.clip
        # Groups of pictures of one material of one line, so that features of like parts are compared.
        i = np.concatenate([rng.choice(self.groups[g], CLIP_BATCH // 6) for g in rng.integers(0, len(self.groups), 6)])
        i, pixels, area, teacher = batch(data, CLIP_BATCH, "clip", "clip_area", rng, i)
        choose = random.Random(int(rng.integers(1 << 30)))
        objects = [words.object_word(choose, name(m)) for m in data["material"][i]]
        normal = self.sides(objects, choose.choice(words.NORMAL))
        abnormal = self.sides(objects, choose.choice(words.ABNORMAL))
        whole, patches, taps = clip.visual(pixels)
        whole, patches = F.normalize(whole, dim=-1), F.normalize(patches, dim=-1)

        # Patches and pictures, damaged against perfect, as the method reads them.
        logit = (patches * (abnormal - normal)[:, None]).sum(-1) / TEMPERATURE
        target = area.flatten(1)
        clear = (target == 0) | (target > 0.02)
        bce = F.binary_cross_entropy_with_logits(logit, (target > 0.02).float(), reduction="none")
        weight = clear.float() * torch.where(target > 0.02, 4.0, 1.0)
        bad = torch.from_numpy((data["kind"][i] > 0).astype(np.float32))
        score = (whole * (abnormal - normal)).sum(-1) / TEMPERATURE

        # Pictures and the words of their material and state, each against all others.
        names = [words.MATERIALS[n][0] for n in pictures.NAMES]
        all_words = torch.cat([self.sides(names, words.NORMAL[0]), self.sides(names, words.ABNORMAL[0])])
        drawn = torch.from_numpy(data["material"][i] < pictures.TEXTURE)
        answer = torch.from_numpy(data["material"][i] + len(names) * (data["kind"][i] > 0))
        against = clip.logit_scale.exp().clamp(max=100) * whole @ all_words.T
        contrast = F.cross_entropy(against[drawn], answer[drawn]) if drawn.any() else against.sum() * 0

        # What lies near what, as the teacher sees it.
        flat = teacher.flatten(0, 1)
        some = torch.from_numpy(rng.choice(len(flat), 512, replace=False))
        near = flat[some] @ flat[some].T
        like = 0
        for tap in taps[1:3]:
            t = F.normalize(tap.flatten(0, 1)[some], dim=-1)
            like = like + F.mse_loss(t @ t.T, near)
        return {"patch": (bce * weight).mean(), "picture": F.binary_cross_entropy_with_logits(score, bad),
                "words": 0.2 * contrast, "teacher": 2 * like}

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
            c, p, _ = self.clip.visual(pixels)
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
        self.data, self.held_out = pictures.load(train_on), pictures.load(look_at)
        steps = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
        self.kept = (1 - steps).cumprod(0)

    def losses(self, rng):
        data = self.data
        i = rng.integers(0, len(data["kind"]), DIFFUSION_BATCH)
        i, pixels, area, teacher = batch(data, DIFFUSION_BATCH, "latent", "latent_area", rng, i)
        mean, log_variance = self.vae.encode(pixels.contiguous(memory_format=torch.channels_last))
        log_variance = log_variance.clamp(-12, 4)
        sample = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        shown = self.vae.decoder(sample)
        picture = F.mse_loss(shown, F.avg_pool2d(pixels * 2 - 1, 4))
        narrow = 1e-3 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()

        # The method's own pass: nothing noised, nothing masked, a prompt with a state; half of the states are right.
        choose = random.Random(int(rng.integers(1 << 30)))
        prompts, weights, right = [], [], []
        for n in i:
            kind = pictures.KINDS[data["kind"][n]]
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
        pick = torch.from_numpy(rng.choice(len(i) * pictures.CLIP_GRID**2, 512, replace=False))
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
        data, scores, pixel, truth = self.held_out, [], [], []
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
        "what": "Small CLIP and Stable Diffusion 2 inpainting networks, trained on drawn parts of ten materials alone.",
        "licence": "CC0-1.0",
        "data": f"clipfusion simulate, {len(train_on)} lines of ten materials, {pictures.PARTS} parts each at a defect rate of "
                f"{pictures.DEFECT_RATE} and 12 good ones; {len(texture_seeds(o))} groups of 24 crops of pictures of Debian's package "
                f"{textures.PACKAGE} (CC-BY-SA-3.0 and CC0-1.0), with drawn defects on half of them",
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
