using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>A pack of the weights that the comparison methods' goldens were made with.</summary>
internal sealed class BaselinePack : IDisposable
{
    public BaselinePack()
    {
        string weights = Path.GetFullPath(Fixtures.Path("baselines", Golden.Json.GetProperty("pictures").GetString()!));
        var options = new PackOptions(ClipBlocks: Golden.Integers("padim_clip_blocks"));
        Pack = ModelPack.Open(TinyPacks.Build(weights, Folder["pack"], options, null, TestContext.Current.CancellationToken));
        Store = new NetworkStore(Folder["networks"], Pack, []);
        Recipe = Recipe.Default(Golden.Object) with { OutputSize = Size };
    }

    public BaselineGoldens Golden { get; } = new();

    public TemporaryFolder Folder { get; } = new();

    public ModelPack Pack { get; }

    public NetworkStore Store { get; }

    public Recipe Recipe { get; }

    /// <summary>Side of maps that are brought to an output.</summary>
    public int Size => Golden.Json.GetProperty("output_size").GetInt32();

    /// <summary>Patches along a side.</summary>
    public int Grid => Pack.Manifest.RequireClip().GridSize;

    public Picture Picture(int number) => new(Golden.PathOf(number), $"{number}", Golden.Object);

    public void Dispose()
    {
        Pack.Dispose();
        Folder.Dispose();
        Golden.Dispose();
    }
}

/// <summary>One output of a graph on CLIP's pixels.</summary>
internal sealed class GraphOutput(BaselinePack made, string graph, string output)
{
    private readonly ClipImages _images = new(made.Pack, graph, [output], made.Recipe, made.Store);

    public float[] Of(Picture picture, BesidePixels? beside)
    {
        using StoredOutputs said = _images.Get(picture, beside, TestContext.Current.CancellationToken);
        return said.Tensors.Floats(output).ToArray();
    }
}
