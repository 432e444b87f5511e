using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Checkpoints;

public sealed class WeightFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenClip_PublishedLayout_OpensConfigTokeniserAndWeights()
    {
        using OpenClipFolder clip = OpenClipFolder.Open(Fixtures.Path("tiny-a", "clip"));
        Assert.Equal((4, 2, 256), (clip.Config.Vision.Layers, clip.Config.Vision.Heads, clip.Config.Vision.MlpWidth));
        Assert.Equal(793, clip.Tokenizer.VocabularySize);
        Assert.Equal(
            793 * 32,
            clip.Weights.Require("token_embedding.weight", clip.Config.Text.VocabularySize, clip.Config.Text.Width).Count
        );
        Assert.True(File.Exists(clip.VocabularyFile) && File.Exists(clip.MergesFile));
    }

    [Fact]
    public void Diffusion_PublishedLayout_OpensAllParts()
    {
        using DiffusionFolder sd = DiffusionFolder.Open(Fixtures.Path("tiny-a", "sd"));
        Assert.Equal((9, 4, 0.18215), (sd.Unet.InChannels, sd.Vae.LatentChannels, sd.Vae.ScalingFactor));
        Assert.Equal(new DiffusionTextConfig(793, 24, 2, 3, 96, 77, 1e-5, TextActivation.Gelu), sd.TextEncoder);
        Assert.Equal(16, sd.UnetWeights.Require("conv_in.bias", 16).Count);
        Assert.True(sd.VaeWeights.Contains("encoder.conv_in.weight"));
        Assert.True(sd.TextEncoderWeights.Contains("text_model.embeddings.token_embedding.weight"));
    }

    [Fact]
    public void Diffusion_FilesMissing_NamesAllOfThem()
    {
        ConfigEdit.CopyTree(Fixtures.Path("tiny-a", "sd"), _folder.Root);
        File.Delete(_folder["unet", "config.json"]);
        File.Delete(_folder["tokenizer", "merges.txt"]);
        File.Move(_folder["vae", "diffusion_pytorch_model.safetensors"], _folder["vae", "diffusion_pytorch_model.bin"]);
        string message = Assert.Throws<FolderException>(() => DiffusionFolder.Open(_folder.Root)).Message;
        Assert.All(
            new[]
            {
                _folder["unet", "config.json"],
                _folder["tokenizer", "merges.txt"],
                _folder["vae", "diffusion_pytorch_model"] + ".safetensors",
                "diffusion_pytorch_model.bin was found, but weights are taken as safetensors only",
            },
            part => Assert.Contains(part, message, StringComparison.Ordinal)
        );
        Assert.DoesNotContain("vocab.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenClip_NoFolder_SaysSo() =>
        Assert.Contains(
            "the folder does not exist",
            Assert.Throws<FolderException>(() => OpenClipFolder.Open(_folder["nowhere"])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Diffusion_TextEncoderOfAnotherWidth_IsRefused()
    {
        ConfigEdit.CopyTree(Fixtures.Path("tiny-a", "sd"), _folder.Root);
        ConfigEdit.Write(
            Fixtures.Path("tiny-a", "sd", "text_encoder", "config.json"),
            _folder["text_encoder", "config.json"],
            "hidden_size",
            "48"
        );
        Assert.Contains(
            "cross_attention_dim: found 24, supported: the text encoder's hidden_size, 48",
            Assert.Throws<FolderException>(() => DiffusionFolder.Open(_folder.Root)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void OpenClip_TokeniserWithMoreIdsThanTheTower_IsRefused()
    {
        ConfigEdit.CopyTree(Fixtures.Path("tiny-a", "clip"), _folder.Root);
        ConfigEdit.Write(
            Fixtures.Path("tiny-a", "clip", "open_clip_config.json"),
            _folder["open_clip_config.json"],
            "model_cfg.text_cfg.vocab_size",
            "792"
        );
        Assert.Contains(
            "the largest id is 792, supported: ids below text_cfg.vocab_size, 792",
            Assert.Throws<FolderException>(() => OpenClipFolder.Open(_folder.Root)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Diffusion_OneDamagedPart_ClosesTheOthers()
    {
        ConfigEdit.CopyTree(Fixtures.Path("tiny-a", "sd"), _folder.Root);
        File.WriteAllBytes(_folder["text_encoder", "model.safetensors"], new byte[100]);
        Assert.Contains(
            "model.safetensors",
            Assert.Throws<WeightException>(() => DiffusionFolder.Open(_folder.Root)).Message,
            StringComparison.Ordinal
        );
        // An exclusive open succeeds only if nothing in this process holds the file.
        using var unet = new FileStream(
            _folder["unet", "diffusion_pytorch_model.safetensors"],
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None
        );
        Assert.True(unet.Length > 0);
    }
}
