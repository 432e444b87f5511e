using System.Text.Json.Nodes;
using ClipFusion.Cli;

[assembly: AssemblyFixture(typeof(ClipFusion.Tests.Cli.BuiltPacks))]

namespace ClipFusion.Tests.Cli;

/// <summary>The packs of <see cref="TinyPack"/> and <see cref="GoldenPack"/>, each built by the first test class that asks.</summary>
public sealed class BuiltPacks : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly Lazy<string> _smallDiffusion;

    public BuiltPacks()
    {
        _smallDiffusion = new(() => WriteDiffusion(_root["small-sd"], 16));
        Small = new(() => BuildAsync("small", SmallDiffusion));
        Golden = new(() => BuildAsync("golden", TinyPack.Diffusion));
    }

    /// <summary>The folder of a pack whose latent has 16 x 16 cells.</summary>
    internal Lazy<Task<string>> Small { get; }

    /// <summary>The folder of a pack whose latent has 64 x 64 cells.</summary>
    internal Lazy<Task<string>> Golden { get; }

    /// <summary>The published layout of the small pack's diffusion model.</summary>
    internal string SmallDiffusion => _smallDiffusion.Value;

    public void Dispose() => _root.Dispose();

    /// <summary>Writes tiny-a's diffusion folder for another size of latent: the networks take any.</summary>
    private static string WriteDiffusion(string folder, int latentSize)
    {
        foreach (string file in Directory.EnumerateFiles(TinyPack.Diffusion, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(TinyPack.Diffusion, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string config = Path.Combine(folder, "unet", "config.json");
        JsonNode unet = JsonNode.Parse(File.ReadAllText(config))!;
        unet["sample_size"] = latentSize;
        File.Delete(config);
        File.WriteAllText(config, unet.ToJsonString());
        return folder;
    }

    private async Task<string> BuildAsync(string name, string diffusion)
    {
        string target = _root[name];
        CliRun build = await CliRun.RunAsync(
            "models",
            "build",
            "--clip",
            TinyPack.Clip,
            "--diffusion",
            diffusion,
            "--out",
            target,
            "--clip-blocks",
            "2,4",
            "--name",
            "tiny",
            "--notice",
            "Random weights."
        );
        Assert.True(build.Code == ExitCode.Clean, build.Error);
        return target;
    }
}
