using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.Networks;

/// <summary>Raw tensors of the backbone for a dump: whatever its debug variant gives beside the features.</summary>
internal static class BackboneTaps
{
    private const string Transformers = "backbone_";

    /// <summary>The debug variant's outputs that are no features; none where the pack has no such variant.</summary>
    public static IEnumerable<string> Names(PackManifest pack) =>
        pack.Graphs.FirstOrDefault(g => g is { Name: GraphNames.BackboneImage, Debug: true })
            ?.Outputs.Select(o => o.Name)
            .Where(name => !pack.RequireBackbone().Layers.Select((_, i) => GraphNames.BackboneFeatures(i)).Contains(name))
        ?? [];

    /// <summary>What a dump calls an output: as the golden files do, <c>dino.raw.9</c>, or <c>backbone.raw.NAME</c> after the layer of
    /// another network.</summary>
    public static string TapOf(string output, BackbonePart part)
    {
        for (int i = 0; i < part.Layers.Count; i++)
        {
            if (output == GraphNames.Raw(GraphNames.BackboneFeatures(i)))
                return $"backbone.raw.{part.Layers[i].Name}";
        }

        return output.StartsWith(Transformers, StringComparison.Ordinal) ? $"dino.{output[Transformers.Length..]}" : output;
    }
}
