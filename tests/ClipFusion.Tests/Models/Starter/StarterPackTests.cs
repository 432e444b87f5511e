using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Starter;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Starter;

/// <summary>The trained weights that come with the program do what they were trained for.</summary>
public sealed class StarterPackTests
{
    private const int Parts = 40;

    /// <summary>Far from the lines that were trained on.</summary>
    private const ulong Seed = 4711;

    [Theory]
    [Trait("speed", "slow")]
    [InlineData(Material.BrushedMetal, "brushed metal")]
    [InlineData(Material.WovenFabric, "woven fabric")]
    public async Task Inspect_DrawnPartsByWordsAlone_ScoresBadPartsAboveGoodOnes(Material material, string name)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var line = new SimulatedLine(
            new LineOptions
            {
                Material = material,
                Seed = Seed,
                DefectRate = 0.5,
            }
        );
        await using var camera = new SimulatedCamera(line);
        await camera.OpenAsync(cancellation);
        using ModelPack pack = ModelPack.Open(SharedStarterPack.Folder);
        Recipe words = Recipe.Default(name) with { Branches = Branches.Language };
        using Inspector inspector = Inspector.Create(pack, words, cancellation: cancellation);
        List<float> good = [],
            bad = [];
        for (int part = 1; part <= Parts; part++)
        {
            using Frame frame = await camera.TriggerAsync(new TriggerContext(part, TimeSpan.FromMinutes(1)), cancellation);
            var view = new ImageView(frame.Pixels, frame.Width, frame.Height, frame.Stride, PixelFormat.RGB8);
            (line.Truth.Of((ulong)part).IsDefective ? bad : good).Add(inspector.Inspect(view, cancellation: cancellation).Score);
        }

        double above = bad.Sum(b => good.Count(g => b > g)) / (double)(bad.Count * good.Count);
        Assert.True(above > 0.9, $"{above:p0} of the pairs of a bad and a good part are in order");
    }

    [Fact]
    public void Weights_BesideTheProgram_AreHalfPrecisionAndSmall()
    {
        string[] files = Directory.GetFiles(StarterPack.WeightsFolder, "*.safetensors", SearchOption.AllDirectories);
        Assert.Equal(4, files.Length);
        Assert.InRange(files.Sum(f => new FileInfo(f).Length), 1 << 20, 16 << 20);
        foreach (string file in files)
        {
            using SafetensorsFile weights = SafetensorsFile.Open(file);
            Assert.All(weights.Tensors.Values, t => Assert.Equal(TensorType.Float16, t.Type));
        }
    }
}
