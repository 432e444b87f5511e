"""A small Stable Diffusion 2 inpainting model as diffusers names it: VAE, text encoder, and the UNet down to its last decoder block."""

import math

import torch
import torch.nn.functional as F
from torch import nn

GROUPS = 8
VAE_CHANNELS, VAE_GROUPS, LATENTS = (8, 16, 32, 32), 4, 4
UNET_CHANNELS, HEADS, CONTEXT = (32, 48, 64, 64), (1, 3, 4, 4), 64
# By block. At the latent's full size attention costs most, and is only where maps are finest.
DOWN_ATTENTION, UP_ATTENTION = (False, True, True, False), (False, True, True, True)


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, time=0, eps=1e-6, groups=VAE_GROUPS):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(groups, inputs, eps), nn.GroupNorm(groups, outputs, eps)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        if time:
            self.time_emb_proj = nn.Linear(time, outputs)
        if inputs != outputs:
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, time=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(time)[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


def attend(q, k, v, heads):
    """[N, L, C] each; the output and the probabilities [N, heads, Lq, Lk]."""
    split = lambda t: t.view(t.shape[0], t.shape[1], heads, -1).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    probabilities = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
    return (probabilities @ v).transpose(1, 2).flatten(2), probabilities


class VaeAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.group_norm = nn.GroupNorm(VAE_GROUPS, channels, 1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        h = self.group_norm(x).flatten(2).transpose(1, 2)
        h, _ = attend(self.to_q(h), self.to_k(h), self.to_v(h), 1)
        return x + self.to_out[0](h).transpose(1, 2).view_as(x)


class Conv(nn.Module):
    """A convolution under the name "conv", as down- and upsamplers have it."""

    def __init__(self, channels, stride, padding):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride, padding)

    def forward(self, x):
        return self.conv(x)


class VaeEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        c = VAE_CHANNELS
        self.conv_in = nn.Conv2d(3, c[0], 3, padding=1)
        self.down_blocks = nn.ModuleList()
        for b, channels in enumerate(c):
            block = nn.Module()
            block.resnets = nn.ModuleList([Resnet(c[max(0, b - 1)], channels)])
            if b < len(c) - 1:
                block.downsamplers = nn.ModuleList([Conv(channels, 2, 0)])
            self.down_blocks.append(block)
        self.mid_block = nn.Module()
        self.mid_block.resnets = nn.ModuleList([Resnet(c[-1], c[-1]), Resnet(c[-1], c[-1])])
        self.mid_block.attentions = nn.ModuleList([VaeAttention(c[-1])])
        self.conv_norm_out = nn.GroupNorm(VAE_GROUPS, c[-1], 1e-6)
        self.conv_out = nn.Conv2d(c[-1], 2 * LATENTS, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block.resnets[0](x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](F.pad(x, (0, 1, 0, 1)))
        m = self.mid_block
        x = m.resnets[1](m.attentions[0](m.resnets[0](x)))
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Vae(nn.Module):
    """The encoder as published; the decoder is for training only and is not saved."""

    def __init__(self):
        super().__init__()
        self.encoder = VaeEncoder()
        self.quant_conv = nn.Conv2d(2 * LATENTS, 2 * LATENTS, 1)
        # A quarter of the picture's size: what the latent has to keep, at a cost that leaves time for the rest.
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENTS, 48, 3, padding=1), Resnet(48, 48), nn.Upsample(scale_factor=2), Resnet(48, 32), nn.GroupNorm(GROUPS, 32),
            nn.SiLU(), nn.Conv2d(32, 3, 3, padding=1))

    def encode(self, pixels):
        """Pixels [N, 3, S, S] of 0..1 to mean and log variance of the latent [N, 4, S/8, S/8]."""
        return self.quant_conv(self.encoder(pixels * 2 - 1)).chunk(2, 1)


class TextLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attn = nn.Module()
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.self_attn.add_module(name, nn.Linear(width, width))
        self.mlp = nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        a, h = self.self_attn, self.layer_norm1(x)
        split = lambda t: t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)
        q, k, v = split(a.q_proj(h)), split(a.k_proj(h)), split(a.v_proj(h))
        y = (((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask).softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = x + a.out_proj(y)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.layer_norm2(x))))


class Text(nn.Module):
    def __init__(self, vocabulary, layers=2, heads=2):
        super().__init__()
        self.config = {
            "model_type": "clip_text_model", "hidden_act": "gelu", "layer_norm_eps": 1e-05, "max_position_embeddings": 77,
            "vocab_size": vocabulary, "hidden_size": CONTEXT, "num_attention_heads": heads, "num_hidden_layers": layers,
            "intermediate_size": 4 * CONTEXT,
        }
        m = self.text_model = nn.Module()
        m.embeddings, m.encoder = nn.Module(), nn.Module()
        m.embeddings.token_embedding, m.embeddings.position_embedding = nn.Embedding(vocabulary, CONTEXT), nn.Embedding(77, CONTEXT)
        m.encoder.layers = nn.ModuleList(TextLayer(CONTEXT, heads) for _ in range(layers))
        m.final_layer_norm = nn.LayerNorm(CONTEXT)
        nn.init.normal_(m.embeddings.token_embedding.weight, std=0.02)
        nn.init.normal_(m.embeddings.position_embedding.weight, std=0.01)

    def forward(self, ids):
        """Ids [N, 77] to the last hidden state [N, 77, CONTEXT]; padding is not masked, as published."""
        m = self.text_model
        mask = torch.full((77, 77), -torch.inf).triu(1)
        x = m.embeddings.token_embedding(ids) + m.embeddings.position_embedding.weight
        for layer in m.encoder.layers:
            x = layer(x, mask)
        return m.final_layer_norm(x)


class CrossedAttention(nn.Module):
    def __init__(self, channels, context):
        super().__init__()
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k, self.to_v = nn.Linear(context, channels, bias=False), nn.Linear(context, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])


class Transformer(nn.Module):
    """One transformer of the UNet; calls back with its cross-attention's probabilities."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels, 1e-6)
        self.proj_in, self.proj_out = nn.Linear(channels, channels), nn.Linear(channels, channels)
        b = nn.Module()
        b.norm1, b.norm2, b.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        b.attn1, b.attn2 = CrossedAttention(channels, channels), CrossedAttention(channels, CONTEXT)
        b.ff = nn.Module()
        b.ff.net = nn.ModuleList([nn.Module(), nn.Identity(), nn.Linear(4 * channels, channels)])
        b.ff.net[0].proj = nn.Linear(channels, 8 * channels)
        self.transformer_blocks = nn.ModuleList([b])

    def forward(self, x, context, taken):
        b, (n, c, height, width) = self.transformer_blocks[0], x.shape
        h = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))
        y = b.norm1(h)
        y, _ = attend(b.attn1.to_q(y), b.attn1.to_k(y), b.attn1.to_v(y), self.heads)
        h = h + b.attn1.to_out[0](y)
        y, probabilities = attend(b.attn2.to_q(b.norm2(h)), b.attn2.to_k(context), b.attn2.to_v(context), self.heads)
        if taken is not None:
            taken.append((probabilities.mean(1), height))
        h = h + b.attn2.to_out[0](y)
        first, second = b.ff.net[0].proj(b.norm3(h)).chunk(2, -1)
        h = h + b.ff.net[2](first * F.gelu(second))
        return x + self.proj_out(h).transpose(1, 2).reshape(n, c, height, width)


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        c, time = UNET_CHANNELS, 4 * UNET_CHANNELS[0]
        resnet = lambda i, o: Resnet(i, o, time, 1e-5, GROUPS)
        self.conv_in = nn.Conv2d(2 * LATENTS + 1, c[0], 3, padding=1)
        self.time_embedding = nn.Module()
        self.time_embedding.linear_1, self.time_embedding.linear_2 = nn.Linear(c[0], time), nn.Linear(time, time)
        self.down_blocks, self.up_blocks, skips, x = nn.ModuleList(), nn.ModuleList(), [c[0]], c[0]
        for b, channels in enumerate(c):
            block = nn.Module()
            block.resnets = nn.ModuleList([resnet(x, channels)])
            if DOWN_ATTENTION[b]:
                block.attentions = nn.ModuleList([Transformer(channels, HEADS[b])])
            skips.append(channels)
            if b < len(c) - 1:
                block.downsamplers = nn.ModuleList([Conv(channels, 2, 1)])
                skips.append(channels)
            self.down_blocks.append(block)
            x = channels
        self.mid_block = nn.Module()
        self.mid_block.resnets = nn.ModuleList([resnet(x, x), resnet(x, x)])
        self.mid_block.attentions = nn.ModuleList([Transformer(x, HEADS[-1])])
        for b in range(len(c)):
            level = len(c) - 1 - b
            block = nn.Module()
            block.resnets, block.attentions = nn.ModuleList(), nn.ModuleList()
            for _ in range(2):
                block.resnets.append(resnet(x + skips.pop(), c[level]))
                x = c[level]
                if UP_ATTENTION[b]:
                    block.attentions.append(Transformer(x, HEADS[level]))
            if b < len(c) - 1:
                block.upsamplers = nn.ModuleList([Conv(x, 1, 1)])
            self.up_blocks.append(block)
        # For training only: the denoiser's own output.
        self.conv_norm_out, self.conv_out = nn.GroupNorm(GROUPS, x, 1e-5), nn.Conv2d(x, LATENTS, 3, padding=1)

    def forward(self, sample, timesteps, context):
        """Sample [N, 9, H, W], timesteps [N], context [N, 77, D] to the predicted noise, the mapped layers' probabilities
        [(N, H W, 77), side] in the order of the network, and each decoder block's output."""
        half = UNET_CHANNELS[0] // 2
        angles = timesteps.float()[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / half)
        t = self.time_embedding
        time = F.silu(t.linear_2(F.silu(t.linear_1(torch.cat([angles.cos(), angles.sin()], 1)))))
        x = self.conv_in(sample)
        skips, taken, decoder = [x], [], []
        for block in self.down_blocks:
            x = block.resnets[0](x, time)
            if hasattr(block, "attentions"):
                x = block.attentions[0](x, context, taken)
            skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
                skips.append(x)
        m = self.mid_block
        x = m.resnets[1](m.attentions[0](m.resnets[0](x, time), context, None), time)
        for block in self.up_blocks:
            for i, resnet in enumerate(block.resnets):
                x = resnet(torch.cat([x, skips.pop()], 1), time)
                if len(block.attentions):
                    x = block.attentions[i](x, context, taken)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](F.interpolate(x, size=skips[-1].shape[2:]))
            decoder.append(x)
        return self.conv_out(F.silu(self.conv_norm_out(x))), taken, decoder


def state_map(taken, weights, side):
    """Mean over layers of each layer's map of the tokens that weights [N, 77] sum to one over: [N, side, side]."""
    maps = [(p @ weights[:, :, None]).view(len(p), 1, h, h) for p, h in taken]
    return torch.stack([F.interpolate(m, size=(side, side), mode="bilinear", align_corners=False) for m in maps]).mean(0)[:, 0]


UNET_CONFIG = {
    "_class_name": "UNet2DConditionModel", "sample_size": 32, "in_channels": 9, "out_channels": 4, "layers_per_block": 1,
    "block_out_channels": list(UNET_CHANNELS), "attention_head_dim": list(HEADS), "cross_attention_dim": CONTEXT,
    "norm_num_groups": GROUPS, "norm_eps": 1e-05, "use_linear_projection": True, "act_fn": "silu", "flip_sin_to_cos": True, "freq_shift": 0,
    "down_block_types": ["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in DOWN_ATTENTION],
    "up_block_types": ["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in UP_ATTENTION],
}
VAE_CONFIG = {
    "_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": LATENTS,
    "block_out_channels": list(VAE_CHANNELS), "layers_per_block": 1, "norm_num_groups": VAE_GROUPS, "sample_size": 256, "act_fn": "silu",
    "down_block_types": ["DownEncoderBlock2D"] * len(VAE_CHANNELS),
}
