#!/usr/bin/python3
"""
Compares what the trained networks say here with what the product says of the same picture:

    clipfusion models build --clip WEIGHTS/clip --diffusion WEIGHTS/sd --out pack
    clipfusion inspect part.png --pack pack --recipe recipe.json --dump dump.safetensors --dump-layers
    tools/starter/compare.py --weights WEIGHTS --dump dump.safetensors --picture part --object "circuit board"

The recipe is one with an object word and nothing else. Ends with 1 where anything differs by more than 1e-4 of its largest value.
"""

import argparse
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

import denoiser
import train
import words
from towers import Clip

KINDS = {"F16": np.float16, "F32": np.float32, "I64": np.int64, "U8": np.uint8}
TOLERANCE = 1e-4


def main():
    options = argparse.ArgumentParser(description="Compares the trained networks here with the product's.")
    options.add_argument("--weights", required=True, help="folder with clip and sd")
    options.add_argument("--dump", required=True, help="what inspect --dump --dump-layers wrote")
    options.add_argument("--picture", required=True, help="the picture's file name without extension")
    options.add_argument("--object", required=True, help="the recipe's object word")
    o = options.parse_args()
    dump = read(o.dump)
    with torch.no_grad():
        found = {**clip(o, dump), **diffusion(o, dump)}
    worst = 0
    for name, value in found.items():
        other = dump[name].reshape(value.shape)
        far = np.abs(value.numpy() - other).max() / np.abs(other).max()
        print(f"{name:36} {far:.1e}")
        worst = max(worst, far)
    return int(worst > TOLERANCE)


def clip(o, dump):
    vocabulary = words.Vocabulary()
    network = Clip(len(vocabulary.symbols))
    network.load_state_dict(tensors(f"{o.weights}/clip/open_clip_model.safetensors"))
    whole, patches, taps, _ = network.visual(pixels(dump[f"{o.picture}.clip.resized_u8"]))
    prompts = [vocabulary.encode(p[0].format(o.object)) for p in (words.NORMAL, words.ABNORMAL)]
    sides = F.normalize(network.text(torch.tensor(prompts)), dim=-1)
    logit = F.normalize(patches, dim=-1) @ (sides[1] - sides[0]) / train.TEMPERATURE
    return {
        "clip.text": sides,
        f"{o.picture}.clip.cls": whole,
        f"{o.picture}.clip.patches": patches,
        f"{o.picture}.clip.vv.2": taps[1],
        f"{o.picture}.clip.vv.3": taps[2],
        f"{o.picture}.map.clip_language": torch.sigmoid(logit),
    }


def diffusion(o, dump):
    vocabulary = words.Vocabulary()
    vae, unet, text = denoiser.Vae(), denoiser.Unet(), denoiser.Text(len(vocabulary.symbols))
    for network, path in (
        (vae, "vae/diffusion_pytorch_model"), (unet, "unet/diffusion_pytorch_model"), (text, "text_encoder/model"),
    ):
        # What was for training only is not saved.
        missing = network.load_state_dict(tensors(f"{o.weights}/sd/{path}.safetensors"), strict=False)
        assert not missing.unexpected_keys, missing
    prompts = [vocabulary.encode(words.STATE_PROMPT.format(o.object, state)) for state in words.STATES]
    prompts.append(vocabulary.encode(words.REFERENCE_PROMPT.format(o.object)))
    context = text(torch.tensor(prompts))
    latent, _ = vae.encode(pixels(dump[f"{o.picture}.diff.resized_u8"]))
    sample = torch.cat([latent, torch.zeros_like(latent[:, :1]), latent], 1)
    maps = []
    for n, state in enumerate(words.STATES):
        positions = vocabulary.positions(prompts[n], state)
        weights = torch.zeros(1, words.LENGTH)
        weights[0, positions] = 1 / len(positions)
        _, taken, _ = unet(sample, torch.tensor([train.LANGUAGE_TIMESTEP]), context[n:n + 1])
        maps.append(denoiser.state_map(taken, weights, latent.shape[-1])[0])
    return {
        "sd.token_ids": torch.tensor(prompts),
        "sd.context": context,
        f"{o.picture}.diff.latent": latent,
        f"{o.picture}.map.diff_language.states": torch.stack(maps),
        f"{o.picture}.map.diff_language": torch.stack(maps).mean(0),
    }


def pixels(picture):
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255


def tensors(path):
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in read(path).items()}


def read(path):
    """A safetensors file's arrays."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], KINDS[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


if __name__ == "__main__":
    sys.exit(main())
