using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Cli.Inspect;

/// <summary>The real program: a dump with layers against tiny-a's golden tensors. Every golden set is compared in full elsewhere; here it
/// is names and a few values.</summary>
[Trait("speed", "slow")]
public sealed class InspectProcessTests(GoldenPack tiny) : IClassFixture<GoldenPack>
{
    [Fact]
    public async Task Inspect_DumpWithLayers_HasEveryGoldenTensorUnderTheFileName()
    {
        string dump = Path.Combine(tiny.Scratch(), "dump.safetensors");
        string[] arguments =
        [
            "inspect",
            TinyPack.Query2,
            "--pack",
            tiny.Folder,
            "--recipe",
            tiny.Recipe,
            "--reference",
            .. TinyPack.References,
            "--dump",
            dump,
            "--dump-layers",
            "--json",
        ];
        (int code, string output, string error) = await Programs.RunAsync(
            Programs.ClipFusion,
            arguments,
            TestContext.Current.CancellationToken
        );
        Assert.True(code == 0, error);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        using SafetensorsFile golden = SafetensorsFile.Open(Fixtures.Path("tiny-a", "golden.safetensors")),
            found = SafetensorsFile.Open(dump);
        TensorInfo[] expected =
        [
            .. golden.Tensors.Values.Where(t => !t.Name.StartsWith('q') || t.Name.StartsWith("q2.", StringComparison.Ordinal)),
        ];
        Assert.All(expected, t => Assert.Equal(t.Shape, Assert.Contains(Ours(t.Name), found.Tensors).Shape));
        Assert.Equal(golden.Bytes("q2.clip.resized_u8"), found.Bytes("query2.clip.resized_u8"));
        Assert.All(
            ["q2.map.fused.few_shot", "q2.map.fused.zero_shot", "q2.score"],
            name => Assert.InRange(Largest(golden.ReadFloats(name), found.ReadFloats(Ours(name))), 0, 2e-5)
        );
        Assert.Equal("clip_language,clip_vision,diff_language,diff_vision,fused_zero_shot,fused_few_shot", found.Metadata["score_columns"]);
    }

    private static string Ours(string golden) => golden.StartsWith("q2.", StringComparison.Ordinal) ? $"query2.{golden[3..]}" : golden;

    private static double Largest(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
}
