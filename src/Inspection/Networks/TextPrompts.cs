using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection.Networks;

/// <summary>
/// What a recipe's words become, computed once: CLIP's normal and abnormal text embeddings, the denoiser's context of every prompt and,
/// per state, where its words stand in its prompt.
/// </summary>
internal sealed class TextPrompts
{
    private TextPrompts(DiffusionPrompt[] prompts) => Diffusion = prompts;

    /// <summary>Unit embedding of the normal side [E]; empty where CLIP's language is not used.</summary>
    public float[] Normal { get; private init; } = [];

    /// <summary>Unit embedding of the abnormal side [E].</summary>
    public float[] Abnormal { get; private init; } = [];

    /// <summary>States in order, the generic state if it is not among them, the reference prompt last.</summary>
    public IReadOnlyList<DiffusionPrompt> Diffusion { get; }

    /// <summary>Index into <see cref="Diffusion"/> of the generic state's prompt.</summary>
    public required int Generic { get; init; }

    /// <summary>Index into <see cref="Diffusion"/> of the reference prompt.</summary>
    public int Reference => Diffusion.Count - 1;

    public static TextPrompts Create(ModelPack pack, Recipe recipe, CancellationToken cancellation)
    {
        PromptLengths.Ensure(pack, recipe);
        Branches used = recipe.UsedBranches;
        bool diffusion = (used & Branches.Diff) != 0,
            clip = used.HasFlag(Branches.ClipLanguage);
        (string[] states, int generic) = States(recipe);
        float[][] contexts = diffusion ? Contexts(pack, recipe, cancellation) : [];
        DiffusionPrompt[] prompts = diffusion ? Prompts(pack, recipe, states, i => contexts[i]) : [];
        return new TextPrompts(prompts)
        {
            Generic = generic,
            Normal = clip ? Side(pack, recipe.NormalPrompts, recipe.Object, cancellation) : [],
            Abnormal = clip ? Side(pack, recipe.AbnormalPrompts, recipe.Object, cancellation) : [],
        };
    }

    /// <summary>Mean of the prompts' unit embeddings, made unit again.</summary>
    private static float[] Side(ModelPack pack, IReadOnlyList<string> templates, string @object, CancellationToken cancellation)
    {
        int length = pack.Manifest.RequireClip().ContextLength;
        long[] ids = [.. templates.SelectMany(t => pack.ClipTokenizer.EncodeWhole(PromptTemplate.Expand(t, @object), length))];
        using NetworkOutputs o = pack.RunOnTokens(GraphNames.ClipText, ids, templates.Count, [GraphNames.Embeddings], cancellation);
        ReadOnlySpan<float> rows = o.Floats(GraphNames.Embeddings);
        var mean = new float[pack.Manifest.RequireClip().EmbedDim];
        for (int i = 0; i < rows.Length; i++)
            mean[i % mean.Length] += rows[i] / templates.Count;
        UnitRows.Normalize(mean, mean.Length, mean, "Mean text embedding");
        return mean;
    }

    /// <summary>The denoiser's prompts alone, with contexts from elsewhere.</summary>
    /// <param name="pack">Its tokeniser.</param>
    /// <param name="recipe">The words.</param>
    /// <param name="contextOf">Context [77, D] of the prompt of that number (<see cref="DiffusionIds"/>).</param>
    public static TextPrompts ForDiffusion(ModelPack pack, Recipe recipe, Func<int, float[]> contextOf)
    {
        (string[] states, int generic) = States(recipe);
        return new TextPrompts(Prompts(pack, recipe, states, contextOf)) { Generic = generic };
    }

    /// <summary>Token ids [prompts][77] of <see cref="Diffusion"/>.</summary>
    public static long[][] DiffusionIds(ModelPack pack, Recipe recipe) =>
        [
            .. Texts(recipe, States(recipe).States)
                .Select(t => pack.DiffusionTokenizer.EncodeWhole(t, pack.Manifest.RequireDiffusion().ContextLength)),
        ];

    private static (string[] States, int Generic) States(Recipe recipe)
    {
        int generic = recipe.States.IndexOf(recipe.GenericState);
        return generic >= 0 ? ([.. recipe.States], generic) : ([.. recipe.States, recipe.GenericState], recipe.States.Length);
    }

    private static string[] Texts(Recipe recipe, string[] states) =>
        [
            .. states.Select(s => PromptTemplate.Expand(recipe.StatePrompt, recipe.Object, s)),
            PromptTemplate.Expand(recipe.ReferencePrompt, recipe.Object),
        ];

    private static float[][] Contexts(ModelPack pack, Recipe recipe, CancellationToken cancellation)
    {
        return Array.ConvertAll(
            DiffusionIds(pack, recipe),
            ids =>
            {
                using NetworkOutputs o = pack.RunOnTokens(GraphNames.DiffusionText, ids, 1, [GraphNames.Context], cancellation);
                return o.Floats(GraphNames.Context).ToArray();
            }
        );
    }

    private static DiffusionPrompt[] Prompts(ModelPack pack, Recipe recipe, string[] states, Func<int, float[]> contextOf)
    {
        long[][] ids = DiffusionIds(pack, recipe);
        return
        [
            .. Texts(recipe, states)
                .Select(
                    (text, i) =>
                        new DiffusionPrompt(
                            text,
                            ids[i],
                            contextOf(i),
                            i < states.Length
                                ? StateTokens.Weights(pack.DiffusionTokenizer, ids[i], states[i], text, recipe.TokenNormalization)
                                : StateTokens.None(ids[i].Length)
                        )
                ),
        ];
    }
}

/// <summary>One prompt of the denoiser.</summary>
/// <param name="Text">As it was tokenised.</param>
/// <param name="Ids">int64 [77].</param>
/// <param name="Context">[77, D].</param>
/// <param name="TokenWeights">[77, 2]: see <see cref="GraphNames.TokenWeights"/>.</param>
internal sealed record DiffusionPrompt(string Text, long[] Ids, float[] Context, float[] TokenWeights);
