"""A small CLIP as OpenCLIP names it, with CLIP Surgery's value-value stream from the first block on (docs/method.md)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def qkv(self, x):
        n, l, w = x.shape
        y = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        return y.view(n, l, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)

    def attend(self, q, k, v, mask=None):
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        y = scores.softmax(-1) @ v
        return self.out_proj(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x, vv=None, mask=None):
        q, k, v = self.attn.qkv(self.ln_1(x))
        y = x + self.attn.attend(q, k, v, mask)
        y = y + self.mlp(self.ln_2(y))
        return y if vv is None else (y, vv + self.attn.attend(v, v, v))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))


class Vision(nn.Module):
    def __init__(self, size, patch, width, layers, heads, embed):
        super().__init__()
        self.grid = size // patch
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn(self.grid**2 + 1, width) * width**-0.5)
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads)
        self.proj = nn.Parameter(torch.randn(width, embed) * width**-0.5)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels):
        """Pixels [N, 3, S, S] of 0..1 to class embedding [N, E], value-value patch embeddings [N, P, E], and per block the patch tokens
        [N, P, W] of the value-value stream and of the original one."""
        x = self.conv1((pixels - self.mean) / self.std).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        x = vv = self.ln_pre(x)
        taps, originals = [], []
        for block in self.transformer.resblocks:
            x, vv = block(x, vv)
            taps.append(vv[:, 1:])
            originals.append(x[:, 1:])
        return self.embed(x[:, 0]), self.embed(vv[:, 1:]), taps, originals

    def embed(self, tokens):
        return self.ln_post(tokens) @ self.proj


class Clip(nn.Module):
    def __init__(self, vocabulary, size=240, patch=16, width=128, layers=4, heads=2, embed=64, text_width=64, text_layers=2, text_heads=2):
        super().__init__()
        self.config = {
            "embed_dim": embed,
            "vision_cfg": {"image_size": size, "layers": layers, "width": width, "patch_size": patch, "head_width": width // heads},
            "text_cfg": {"context_length": 77, "vocab_size": vocabulary, "width": text_width, "heads": text_heads, "layers": text_layers},
        }
        self.visual = Vision(size, patch, width, layers, heads, embed)
        self.token_embedding = nn.Embedding(vocabulary, text_width)
        self.positional_embedding = nn.Parameter(torch.randn(77, text_width) * 0.01)
        self.transformer = Transformer(text_width, text_layers, text_heads)
        self.ln_final = nn.LayerNorm(text_width)
        self.text_projection = nn.Parameter(torch.randn(text_width, embed) * text_width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        nn.init.normal_(self.token_embedding.weight, std=0.02)

    def text(self, ids):
        """Ids [N, 77] to raw embeddings [N, E]. What stands behind the end token changes nothing before it, and is left out."""
        end = ids.argmax(-1)
        ids = ids[:, : int(end.max()) + 1]
        length = ids.shape[1]
        mask = torch.full((length, length), -torch.inf).triu(1)
        x = self.token_embedding(ids) + self.positional_embedding[:length]
        for block in self.transformer.resblocks:
            x = block(x, mask=mask)
        return self.ln_final(x)[torch.arange(len(ids)), end] @ self.text_projection
