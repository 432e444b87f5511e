using System.Numerics.Tensors;
using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>What IIPAD knows of a reference.</summary>
/// <param name="Text">Its own text pair.</param>
/// <param name="Query">Its Q-Former output [r, w].</param>
/// <param name="Banks">Its patches at the first and the third block.</param>
internal sealed record IipadReference(TextPair Text, PromptTensor Query, IReadOnlyList<MemoryBank> Banks);

/// <summary>What IIPAD knows of the picture that it judges.</summary>
/// <param name="Text">Its own text pair.</param>
/// <param name="Query">Its Q-Former output [r, w].</param>
/// <param name="Image">Its embedding without ln_post [E].</param>
/// <param name="Embeddings">Raw embeddings of its patches [P, E], by block.</param>
/// <param name="Features">Raw features of its patches [P, W] at the first and the third block.</param>
internal sealed record IipadQuery(
    TextPair Text,
    PromptTensor Query,
    float[] Image,
    IReadOnlyList<float[]> Embeddings,
    IReadOnlyList<float[]> Features
);

/// <summary>
/// "One-for-All Few-Shot Anomaly Detection via Instance-Induced Prompt Learning" (IIPAD, Lv et al., 2025): of all references those that are
/// most like the picture, by their Q-Former outputs; their texts and the picture's own make the text pair, their patches the memory.
/// </summary>
internal static class Iipad
{
    private const double Temperature = 0.07;

    /// <summary>What it says.</summary>
    /// <param name="Score">-p - q + max(text map) + max(vision map).</param>
    /// <param name="Text">The pair that the patches are compared with.</param>
    /// <param name="TextMap">[P].</param>
    /// <param name="VisionMap">[P].</param>
    public sealed record Result(float Score, TextPair Text, float[] TextMap, float[] VisionMap);

    /// <summary>Judges a picture.</summary>
    /// <param name="query">The picture.</param>
    /// <param name="references">All there are.</param>
    /// <param name="shots">How many of them are chosen; all where there are fewer.</param>
    public static Result Judge(IipadQuery query, IReadOnlyList<IipadReference> references, int shots)
    {
        float[] similarities = [.. references.Select(r => Similarity(query.Query, r.Query))];
        // Of equally like ones the first.
        int[] chosen = [.. Enumerable.Range(0, references.Count).OrderByDescending(r => similarities[r]).Take(shots)];
        IipadReference[] like = [.. chosen.Select(r => references[r])];
        TextPair pair = new(Together(t => t.Normal), Together(t => t.Anomalous));
        float[] text = TextMap(query, pair),
            vision = VisionMap(query, like);
        double normal = like.Average(r => 1 - (double)r.Text.AnomalousSide(query.Image, Temperature)),
            similarity = chosen.Average(r => (double)similarities[r]);
        double score = -normal - similarity + TensorPrimitives.Max<float>(text) + TensorPrimitives.Max<float>(vision);
        return new Result((float)score, pair, text, vision);

        float[] Together(Func<TextPair, float[]> side)
        {
            double[] sum = [.. side(query.Text).Select(v => (double)v)];
            foreach (IipadReference r in like)
                for (int i = 0; i < sum.Length; i++)
                    sum[i] += (double)side(r.Text)[i] / like.Length;
            double norm = TensorPrimitives.Norm<double>(sum);
            return [.. sum.Select(s => (float)(s / norm))];
        }
    }

    /// <summary>The mean over rows of the cosine of the one's row and the same row of the other, which is of the same shape.</summary>
    public static float Similarity(PromptTensor one, PromptTensor other) =>
        (float)Enumerable.Range(0, one.Shape[0]).Average(r => (double)TensorPrimitives.CosineSimilarity(one.Row(r), other.Row(r)));

    /// <summary>The mean over blocks of the anomalous side of every patch.</summary>
    private static float[] TextMap(IipadQuery query, TextPair pair)
    {
        float[] mean = new float[query.Embeddings[0].Length / pair.Normal.Length];
        foreach (float[] patches in query.Embeddings)
            TensorPrimitives.Add(mean, MaskClipMethod.Map(patches, pair, Temperature), mean);
        TensorPrimitives.Divide(mean, query.Embeddings.Count, mean);
        return mean;
    }

    /// <summary>The sum over two blocks of the distance to the nearest patch of the references that were chosen.</summary>
    private static float[] VisionMap(IipadQuery query, IipadReference[] like)
    {
        float[]? sum = null;
        for (int b = 0; b < query.Features.Count; b++)
        {
            float[] nearest = NearestPatches.Distances(query.Features[b], like[0].Banks[b]);
            foreach (IipadReference other in like.Skip(1))
                TensorPrimitives.Min(nearest, NearestPatches.Distances(query.Features[b], other.Banks[b]), nearest);
            if (sum is null)
                sum = nearest;
            else
                TensorPrimitives.Add(sum, nearest, sum);
        }

        return sum!;
    }
}
