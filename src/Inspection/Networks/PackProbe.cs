using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Parity;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>
/// What a pack's graphs are shown to make goldens and to be compared with them: the probe picture, and the words and rows of the default
/// recipe. The UNet gets the goldens of the VAE and of the text tower, so that each graph is judged for itself.
/// </summary>
internal static class PackProbe
{
    private const string Object = "part";

    /// <summary>The inputs of a graph.</summary>
    /// <param name="pack">Sizes and tokenisers.</param>
    /// <param name="graph">The graph's name.</param>
    /// <param name="goldens">For the UNet: outputs of the VAE and the text tower.</param>
    /// <param name="other">Another picture than that of the goldens, for graphs that see one.</param>
    public static ProbeInputs Of(ModelPack pack, string graph, GoldenTensors goldens, bool other = false)
    {
        PackManifest m = pack.Manifest;
        switch (graph)
        {
            case GraphNames.ClipImage or GraphNames.WinClipImage or GraphNames.ClipTokensImage or GraphNames.MaskClipImage:
                return ProbeInputs.Picture(GraphNames.Pixels, m.RequireClip().ImageSize, other);
            case GraphNames.TransMmImage or GraphNames.TransMmLastImage:
                return Explained(m.RequireClip(), goldens, other);
            case GraphNames.ClipStreamsImage:
                return Streams(m.RequireClip(), other);
            case GraphNames.VaeEncoder:
                return ProbeInputs.Picture(GraphNames.Pixels, m.RequireDiffusion().ImageSize, other);
            case GraphNames.BackboneImage:
                return ProbeInputs.Picture(GraphNames.Pixels, m.RequireBackbone().ImageSize, other);
            case GraphNames.ClipText or GraphNames.WinClipText:
                return ProbeInputs.Tokens(GraphNames.Tokens, Prompts(pack));
            case GraphNames.ClipLearnedText:
                return Learned(Prompts(pack), m.ClipTextWidth!.Value);
            case GraphNames.DiffusionText:
                return ProbeInputs.Tokens(GraphNames.Tokens, TextPrompts.DiffusionIds(pack, Words(m.RequireDiffusion())));
            default:
                return Denoiser(pack, Words(m.RequireDiffusion()), goldens, isWhole: graph == GraphNames.MapDiff);
        }
    }

    /// <summary>The probe picture, and the abnormal prompt, which is the last of the text tower's.</summary>
    private static ProbeInputs Explained(ClipPart clip, GoldenTensors goldens, bool other)
    {
        float[] text = goldens.Values(GraphNames.ClipText, GraphNames.Embeddings)[^clip.EmbedDim..].ToArray();
        return ProbeInputs
            .Picture(GraphNames.Pixels, clip.ImageSize, other)
            .With(GraphNames.Text, OrtValue.CreateTensorValueFromMemory(text, [1, clip.EmbedDim]));
    }

    /// <summary>The probe picture, value-value attention in the second half of the blocks.</summary>
    private static ProbeInputs Streams(ClipPart clip, bool other)
    {
        float[] valueBlocks = [.. Enumerable.Range(0, clip.Layers).Select(b => b < clip.Layers / 2 ? 0f : 1f)];
        return ProbeInputs
            .Picture(GraphNames.Pixels, clip.ImageSize, other)
            .With(GraphNames.ValueBlocks, OrtValue.CreateTensorValueFromMemory(valueBlocks, [clip.Layers]));
    }

    /// <summary>Prompts whose first word is a vector of numbers about as large as token embeddings are.</summary>
    private static ProbeInputs Learned(long[][] prompts, int width)
    {
        int length = prompts[0].Length;
        float[] vectors = new float[prompts.Length * length * width],
            places = new float[prompts.Length * length];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = ((i * 37 % 101) - 50) / 2500f;
        for (int prompt = 0; prompt < prompts.Length; prompt++)
            places[(prompt * length) + 1] = 1;
        return ProbeInputs
            .Tokens(GraphNames.Tokens, prompts)
            .With(GraphNames.LearnedVectors, OrtValue.CreateTensorValueFromMemory(vectors, [prompts.Length, length, width]))
            .With(GraphNames.LearnedPlaces, OrtValue.CreateTensorValueFromMemory(places, [prompts.Length, length, 1]));
    }

    /// <summary>The default recipe's prompts for CLIP, as token ids.</summary>
    private static long[][] Prompts(ModelPack pack)
    {
        Recipe recipe = Recipe.Default(Object);
        int length = pack.Manifest.RequireClip().ContextLength;
        return
        [
            .. recipe
                .NormalPrompts.Concat(recipe.AbnormalPrompts)
                .Select(t => pack.ClipTokenizer.EncodePadded(PromptTemplate.Expand(t, recipe.Object), length)),
        ];
    }

    private static ProbeInputs Denoiser(ModelPack pack, Recipe recipe, GoldenTensors goldens, bool isWhole)
    {
        DiffusionPart part = pack.Manifest.RequireDiffusion();
        int length = part.ContextLength * part.ContextWidth;
        TextPrompts prompts = TextPrompts.ForDiffusion(
            pack,
            recipe,
            i => goldens.Values(GraphNames.DiffusionText, GraphNames.Context).Slice(i * length, length).ToArray()
        );
        float[] latent = goldens.Values(GraphNames.VaeEncoder, GraphNames.Latent).ToArray();
        long[] shape = goldens.Shape(GraphNames.VaeEncoder, GraphNames.Latent);
        // The plan owns nothing but its inputs, which go over to the probe.
        var plan = DiffusionPlan.ForQuery(part, prompts, recipe, features: isWhole, fullGraph: isWhole);
        return new ProbeInputs([
            .. plan.Inputs,
            KeyValuePair.Create(GraphNames.Latent, OrtValue.CreateTensorValueFromMemory(latent, shape)),
        ]);
    }

    /// <summary>The default recipe, with those of its features that the pack has blocks for.</summary>
    private static Recipe Words(DiffusionPart part)
    {
        Recipe recipe = Recipe.Default(Object);
        return recipe with { TimestepBlocks = [.. recipe.TimestepBlocks.Where(t => t.Block < part.Decoder.Count)] };
    }
}
