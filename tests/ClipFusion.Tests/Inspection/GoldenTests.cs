using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Inspection;

/// <summary>The whole method against tensors made with the upstream networks: every golden tensor must be in our dump and within its
/// tolerance.</summary>
[Trait("speed", "slow")]
public sealed class GoldenTests(GoldenPacks packs, ITestOutputHelper output) : IClassFixture<GoldenPacks>
{
    [Theory]
    [InlineData("tiny-a", Precision.Float32)]
    [InlineData("tiny-c", Precision.Float32)]
    [InlineData("tiny-a", Precision.Float16)]
    [InlineData("tiny-c", Precision.Float16)]
    public void Inspection_OfGoldenPictures_MatchesEveryGoldenTensor(string name, Precision precision)
    {
        var golden = new GoldenCase(name);
        string file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.safetensors");
        try
        {
            Dump(golden, packs.Folder(precision, golden.VvStart), file);
            using SafetensorsFile expected = SafetensorsFile.Open(golden.Tensors),
                found = SafetensorsFile.Open(file);
            List<string> misses = [.. expected.Tensors.Values.Select(t => Compare(t, expected, found, precision)).OfType<string>()];
            Assert.True(misses.Count == 0, string.Join(Environment.NewLine, misses));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Dump(GoldenCase golden, string folder, string file)
    {
        using ModelPack pack = ModelPack.Open(folder, debug: true);
        using Inspector inspector = Inspector.Create(pack, golden.Recipe);
        inspector.Enroll(
            golden.References.Length,
            (i, use) => use(ImageCodec.Decode(golden.References[i]).View),
            cancellation: TestContext.Current.CancellationToken
        );
        var dump = new InspectionDump(inspector);
        foreach ((string prefix, string path) in golden.Queries)
        {
            InspectionResult result = inspector.Inspect(
                ImageCodec.Decode(path).View,
                taps: new TensorTaps(),
                cancellation: TestContext.Current.CancellationToken
            );
            dump.Add(prefix, result, inspector);
        }

        dump.Write(file);
    }

    private string? Compare(TensorInfo tensor, SafetensorsFile expected, SafetensorsFile found, Precision precision)
    {
        if (!found.Tensors.TryGetValue(tensor.Name, out TensorInfo? ours))
            return $"{tensor.Name}: missing";
        if (!ours.Shape.SequenceEqual(tensor.Shape))
            return $"{tensor.Name}: [{string.Join(", ", ours.Shape)}], golden has [{string.Join(", ", tensor.Shape)}]";
        if (tensor.Type != TensorType.Float32)
            return expected.Bytes(tensor.Name).SequenceEqual(found.Bytes(tensor.Name)) ? null : $"{tensor.Name}: differs";

        float[] a = expected.ReadFloats(tensor.Name),
            b = found.ReadFloats(tensor.Name);
        (string kind, double limit) = Tolerance(tensor.Name, precision);
        double error = kind == "absolute" ? a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() : RelativeNorm(a, b);
        output.WriteLine($"{tensor.Name, -80} {kind} {error:e2} of {limit:e0}");
        return error <= limit ? null : $"{tensor.Name}: {kind} error {error:e2}, allowed {limit:e0}";
    }

    /// <summary>Maps and scores by the largest difference, taps by ||a - b|| / ||b||.</summary>
    private static (string Kind, double Limit) Tolerance(string name, Precision precision)
    {
        bool map = name.Contains(".map.", StringComparison.Ordinal) || name.EndsWith(".score", StringComparison.Ordinal);
        if (precision == Precision.Float32)
            return map ? ("absolute", 2e-5) : ("relative", 1e-4);
        if (!map)
            return ("relative", 2e-2);
        if (name.Contains(".map.clip_", StringComparison.Ordinal))
            return ("absolute", 2e-3);
        return ("absolute", name.Contains(".map.diff_language", StringComparison.Ordinal) ? 2e-4 : 5e-3);
    }

    private static double RelativeNorm(float[] a, float[] b)
    {
        double difference = 0,
            norm = 0;
        for (int i = 0; i < a.Length; i++)
        {
            difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            norm += (double)a[i] * a[i];
        }

        return Math.Sqrt(difference / norm);
    }
}
