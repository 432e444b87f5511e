using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection.Networks;

/// <summary>Runs a new pack's graphs on the CPU and leaves their outputs in it (<see cref="PackOptions.Record"/>).</summary>
public static class GoldenRecorder
{
    private static readonly string[] InOrder =
    [
        GraphNames.ClipImage,
        GraphNames.ClipText,
        GraphNames.WinClipImage,
        GraphNames.WinClipText,
        GraphNames.ClipTokensImage,
        GraphNames.ClipStreamsImage,
        GraphNames.ClipLearnedText,
        GraphNames.MaskClipImage,
        GraphNames.TransMmImage,
        GraphNames.TransMmLastImage,
        GraphNames.DiffusionText,
        GraphNames.VaeEncoder,
        GraphNames.MapDiff,
        GraphNames.MapDiffLanguage,
        GraphNames.MapDiffParts,
        GraphNames.BackboneImage,
    ];

    /// <summary>Writes <c>goldens.safetensors</c> into a pack's folder.</summary>
    /// <param name="folder">The folder; every file but this one is there.</param>
    /// <param name="manifest">What is in it.</param>
    /// <param name="progress">Told each graph; null for silence.</param>
    /// <param name="cancellation">Ends a running graph.</param>
    /// <exception cref="NetworkException">A graph does not run.</exception>
    public static void Record(string folder, PackManifest manifest, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        using ModelPack pack = ModelPack.OpenUnchecked(folder, manifest);
        var goldens = new GoldenTensors();
        foreach (string graph in InOrder.Where(name => manifest.Graphs.Any(g => g.Name == name)))
        {
            progress?.Report($"golden outputs of {graph}");
            Record(pack, graph, goldens, cancellation);
            pack.Close(graph); // full-size networks are in memory one at a time
        }

        goldens.Write(Path.Combine(folder, GraphNames.Goldens));
    }

    private static void Record(ModelPack pack, string graph, GoldenTensors goldens, CancellationToken cancellation)
    {
        string[] outputs =
        [
            .. pack
                .Manifest.Graphs.First(g => g.Name == graph && !g.Debug)
                .Outputs.Where(o => o.Type == ElementType.Float32)
                .Select(o => o.Name)
                .Where(o => IsRecorded(pack.Manifest, graph, o)),
        ];
        using ProbeInputs inputs = PackProbe.Of(pack, graph, goldens);
        using NetworkOutputs o = pack.Run(graph, inputs.Values, outputs, cancellation);
        foreach (string output in outputs)
            goldens.Add(graph, output, o.Shape(output), o.Floats(output).ToArray());
    }

    /// <summary>Everything, but of the graph that gives every block out only what the last one gives: it rests on all before it, and all of
    /// a large tower would be larger than its weights.</summary>
    private static bool IsRecorded(PackManifest manifest, string graph, string output)
    {
        if (graph != GraphNames.ClipStreamsImage)
            return true;
        int last = manifest.RequireClip().Layers;
        return output == GraphNames.Raw(GraphNames.Class)
            || output == GraphNames.Raw(GraphNames.ClassUnnormed)
            || output == GraphNames.Raw(GraphNames.FeaturesOriginal(last))
            || output == GraphNames.Raw(GraphNames.EmbeddingsVv(last));
    }
}
