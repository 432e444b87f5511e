using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>A prompt of which some tokens are learned vectors.</summary>
/// <param name="Tokens">Ids, padded to the tower's length; at the learned places any.</param>
/// <param name="Vectors">What takes the place of token embeddings from position 1 on, one [Wt] after the other.</param>
internal sealed record LearnedPrompt(long[] Tokens, float[] Vectors);

/// <summary>Embeddings of prompts with learned vectors, as CLIP's text tower gives them, before they are made unit.</summary>
/// <param name="pack">A pack with the text tower that takes them; shared, not owned.</param>
internal sealed class LearnedEmbeddings(ModelPack pack)
{
    private const int PromptsPerRun = 32;

    private static readonly string Output = GraphNames.Raw(GraphNames.Embeddings);

    /// <summary>Wt, channels of a token embedding.</summary>
    /// <exception cref="NetworkException">The pack was built before there was such a graph.</exception>
    public int TextWidth =>
        pack.Manifest.ClipTextWidth
        ?? throw new NetworkException(
            $"pack '{pack.Manifest.Name}' has no graph '{GraphNames.ClipLearnedText}'; build it again (clipfusion models build)"
        );

    /// <summary>Length of a prompt in tokens.</summary>
    public int Length => pack.Manifest.RequireClip().ContextLength;

    /// <summary>Start token, so many places, end token.</summary>
    public long[] Places(int count)
    {
        long[] tokens = new long[Length];
        tokens[0] = pack.ClipTokenizer.StartId;
        tokens[count + 1] = pack.ClipTokenizer.EndId;
        return tokens;
    }

    /// <summary>A text's ids.</summary>
    /// <exception cref="ClipFusion.Models.Tokenizer.PromptTooLongException">It is longer than the tower reads.</exception>
    public long[] Tokens(string text) => pack.ClipTokenizer.EncodeWhole(text, Length);

    /// <summary>Encodes prompts.</summary>
    /// <param name="prompts">At least one.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Raw embeddings [E], one a prompt.</returns>
    public float[][] Encode(IReadOnlyList<LearnedPrompt> prompts, CancellationToken cancellation)
    {
        var rows = new List<float[]>();
        foreach (LearnedPrompt[] some in prompts.Chunk(PromptsPerRun))
        {
            using NetworkOutputs o = Run(some, cancellation);
            for (int row = 0; row < some.Length; row++)
                rows.Add(o.Row(Output, row).ToArray());
        }

        return [.. rows];
    }

    /// <summary>Encodes a few prompts in one run.</summary>
    /// <returns>Raw embeddings [prompts, E] as the graph names them; owned by the caller.</returns>
    public NetworkOutputs Run(IReadOnlyList<LearnedPrompt> prompts, CancellationToken cancellation)
    {
        (int length, int width) = (Length, TextWidth);
        float[] vectors = new float[prompts.Count * length * width],
            places = new float[prompts.Count * length];
        for (int p = 0; p < prompts.Count; p++)
        {
            prompts[p].Vectors.CopyTo(vectors.AsSpan(((p * length) + 1) * width));
            places.AsSpan((p * length) + 1, prompts[p].Vectors.Length / width).Fill(1);
        }

        long[] ids = [.. prompts.SelectMany(p => p.Tokens)];
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(ids, [prompts.Count, length]),
            learned = OrtValue.CreateTensorValueFromMemory(vectors, [prompts.Count, length, width]),
            where = OrtValue.CreateTensorValueFromMemory(places, [prompts.Count, length, 1]);
        var inputs = new Dictionary<string, OrtValue>
        {
            [GraphNames.Tokens] = tokens,
            [GraphNames.LearnedVectors] = learned,
            [GraphNames.LearnedPlaces] = where,
        };
        return pack.Run(GraphNames.ClipLearnedText, inputs, [Output], cancellation);
    }

    /// <summary>One row of what <see cref="Run"/> gave, made unit.</summary>
    public static float[] Unit(NetworkOutputs outputs, int row)
    {
        float[] embedding = outputs.Row(Output, row).ToArray();
        UnitVectors.Normalize(embedding);
        return embedding;
    }
}
