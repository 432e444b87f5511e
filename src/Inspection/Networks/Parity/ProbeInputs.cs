using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks.Parity;

/// <summary>
/// What a pack's graphs are shown to make goldens and to be compared with them: the probe picture, and the words and rows of the default recipe. The
/// UNet gets the goldens of the VAE and of the text tower, so that each graph is judged for itself.
/// </summary>
internal sealed class ProbeInputs : IDisposable
{
    private readonly Dictionary<string, OrtValue> _values = new(StringComparer.Ordinal);
    private readonly DiffusionPlan? _plan;

    private ProbeInputs(DiffusionPlan? plan) => _plan = plan;

    /// <summary>Every input by name.</summary>
    public IReadOnlyDictionary<string, OrtValue> Values => _values;

    /// <summary>The inputs of a graph.</summary>
    /// <param name="pack">Sizes and tokenisers.</param>
    /// <param name="graph">The graph's name.</param>
    /// <param name="goldens">For the UNet: outputs of the VAE and the text tower.</param>
    /// <param name="other">Another picture than that of the goldens, for graphs that see one.</param>
    public static ProbeInputs Of(ModelPack pack, string graph, GoldenTensors goldens, bool other = false)
    {
        PackManifest m = pack.Manifest;
        Recipe recipe = Words(m.Diffusion);
        switch (graph)
        {
            case GraphNames.ClipImage or GraphNames.WinClipImage:
                return new ProbeInputs(null).Picture(m.Clip.ImageSize, other);
            case GraphNames.VaeEncoder:
                return new ProbeInputs(null).Picture(m.Diffusion.ImageSize, other);
            case GraphNames.ClipText or GraphNames.WinClipText:
                string[] texts = [.. recipe.NormalPrompts.Concat(recipe.AbnormalPrompts).Select(t => PromptTemplate.Expand(t, recipe.Object))];
                return new ProbeInputs(null).Tokens([.. texts.Select(t => pack.ClipTokenizer.EncodePadded(t, m.Clip.ContextLength))]);
            case GraphNames.DiffusionText:
                return new ProbeInputs(null).Tokens(TextPrompts.DiffusionIds(pack, recipe));
            default:
                long[] context = [m.Diffusion.ContextLength, m.Diffusion.ContextWidth];
                int length = (int)(context[0] * context[1]);
                TextPrompts prompts = TextPrompts.ForDiffusion(pack, recipe, i => goldens.Values(GraphNames.DiffusionText, GraphNames.Context).Slice(i * length, length).ToArray());
                var plan = DiffusionPlan.ForQuery(m.Diffusion, prompts, recipe, features: graph == GraphNames.MapDiff, fullGraph: graph == GraphNames.MapDiff);
                var inputs = new ProbeInputs(plan);
                foreach ((string name, OrtValue value) in plan.Inputs) inputs._values.Add(name, value);
                inputs._values.Add(GraphNames.Latent, OrtValue.CreateTensorValueFromMemory(goldens.Values(GraphNames.VaeEncoder, GraphNames.Latent).ToArray(), goldens.Shape(GraphNames.VaeEncoder, GraphNames.Latent)));
                return inputs;
        }
    }

    public void Dispose()
    {
        foreach (OrtValue value in _values.Where(v => _plan?.Inputs.ContainsKey(v.Key) != true).Select(v => v.Value)) value.Dispose();
        _plan?.Dispose();
    }

    /// <summary>The default recipe, with those of its features that the pack has blocks for.</summary>
    private static Recipe Words(DiffusionPart part)
    {
        Recipe recipe = Recipe.Default("part");
        return recipe with { TimestepBlocks = [.. recipe.TimestepBlocks.Where(t => t.Block < part.Decoder.Count)] };
    }

    private ProbeInputs Picture(int side, bool other)
    {
        _values.Add(GraphNames.Pixels, OrtValue.CreateTensorValueFromMemory(other ? ProbePicture.OtherRgb(side) : ProbePicture.Rgb(side), [1, side, side, 3]));
        return this;
    }

    private ProbeInputs Tokens(long[][] ids)
    {
        _values.Add(GraphNames.Tokens, OrtValue.CreateTensorValueFromMemory(ids.SelectMany(i => i).ToArray(), [ids.Length, ids[0].Length]));
        return this;
    }
}
