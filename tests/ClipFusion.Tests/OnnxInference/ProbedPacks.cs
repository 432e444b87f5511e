using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>A tiny pack with golden outputs, and a copy in which one network has other weights.</summary>
public sealed class ProbedPacks : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public ProbedPacks(TinyPacks packs)
    {
        Folder = TinyPacks.Build(
            packs.Weights,
            _root["good"],
            TinyPacks.Options(Precision.Float32) with
            {
                Record = GoldenRecorder.Record,
            },
            null,
            TestContext.Current.CancellationToken
        );
        Broken = _root["broken"];
        Directory.CreateDirectory(Broken);
        foreach (string file in Directory.EnumerateFiles(Folder))
            File.Copy(file, Path.Combine(Broken, Path.GetFileName(file)));
        Spoil(Path.Combine(Broken, GraphNames.WeightFile(GraphNames.VaeEncoder)));
    }

    /// <summary>The pack.</summary>
    public string Folder { get; }

    /// <summary>The same with a few weights of the VAE set to 0.5.</summary>
    public string Broken { get; }

    public void Dispose() => _root.Dispose();

    private static void Spoil(string weights)
    {
        using FileStream file = File.Open(weights, FileMode.Open);
        // Weights are aligned to four bytes; the middle of the file is some convolution.
        file.Position = file.Length / 8 * 4;
        for (int i = 0; i < 64; i++)
            file.Write(BitConverter.GetBytes(0.5f));
    }
}
