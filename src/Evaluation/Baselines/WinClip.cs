using System.Numerics.Tensors;
using ClipFusion.Models.Architectures;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>What the towers say about one image; rows of the last axis need not be of length 1.</summary>
/// <param name="Image">Embedding of the whole image [E].</param>
/// <param name="Windows">Per scale the windows' embeddings [V, E].</param>
/// <param name="Patches">Patch tokens [P, W].</param>
internal sealed record WinClipFeatures(float[] Image, float[][] Windows, float[] Patches);

/// <summary>
/// "WinCLIP: Zero-/Few-Shot Anomaly Classification and Segmentation" (Jeong et al., 2023), as published: language compares the image and
/// its windows with the mean normal and anomalous prompt; the few-shot part compares windows and patches with those of reference images.
/// </summary>
/// <param name="grid">Patches along a side.</param>
/// <param name="normal">Mean embedding of the normal prompts.</param>
/// <param name="anomalous">Mean embedding of the anomalous prompts.</param>
internal sealed class WinClip(int grid, float[] normal, float[] anomalous)
{
    /// <summary>Divisor of the cosines in the softmax.</summary>
    public const float Temperature = 0.07f;

    private readonly int[][][] _windows = [.. ClipWindows.Scales.Select(scale => ClipWindows.Patches(grid, scale))];

    /// <summary>The language part: a score, and a map [P] that is the harmonic mean of the image's score and the scales' maps.</summary>
    public (float Score, float[] Map) ZeroShot(WinClipFeatures image)
    {
        float score = Language(image.Image)[0];
        float[][] scales = [.. image.Windows.Select((windows, s) => HarmonicAggregation(Language(windows), _windows[s]))];
        float[] map = new float[grid * grid];
        for (int p = 0; p < map.Length; p++)
            map[p] = (scales.Length + 1) / ((1 / score) + scales.Sum(scale => 1 / scale[p]));
        return (score, map);
    }

    /// <summary>Both parts: map = (language + association) / 2, score = (language score + largest association) / 2.</summary>
    public (float Score, float[] Map) FewShot(WinClipFeatures image, IReadOnlyList<WinClipFeatures> references)
    {
        (float score, float[] map) = ZeroShot(image);
        float[] association = Association(image.Patches, [.. references.Select(r => r.Patches)], image.Patches.Length / (grid * grid));
        for (int s = 0; s < _windows.Length; s++)
        {
            float[] windows = Association(image.Windows[s], [.. references.Select(r => r.Windows[s])], normal.Length);
            TensorPrimitives.Add(association, HarmonicAggregation(windows, _windows[s]), association);
        }

        TensorPrimitives.Divide(association, _windows.Length + 1, association);
        float[] both = new float[map.Length];
        for (int p = 0; p < both.Length; p++)
            both[p] = (map[p] + association[p]) / 2;
        return ((score + TensorPrimitives.Max<float>(association)) / 2, both);
    }

    /// <summary>Softmax over (normal, anomalous) of the cosines, the anomalous side, of each row.</summary>
    private float[] Language(float[] rows)
    {
        float[] scores = new float[rows.Length / normal.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            ReadOnlySpan<float> row = rows.AsSpan(i * normal.Length, normal.Length);
            float difference = TensorPrimitives.CosineSimilarity(row, normal) - TensorPrimitives.CosineSimilarity(row, anomalous);
            scores[i] = 1 / (1 + MathF.Exp(difference / Temperature));
        }

        return scores;
    }

    /// <summary>(1 - largest cosine to any reference row) / 2 of each row.</summary>
    private static float[] Association(float[] rows, float[][] references, int width)
    {
        float[] scores = new float[rows.Length / width];
        for (int i = 0; i < scores.Length; i++)
        {
            float nearest = -1;
            foreach (float[] reference in references)
                for (int r = 0; r < reference.Length; r += width)
                    nearest = MathF.Max(
                        nearest,
                        TensorPrimitives.CosineSimilarity(rows.AsSpan(i * width, width), reference.AsSpan(r, width))
                    );
            scores[i] = (1 - nearest) / 2;
        }

        return scores;
    }

    /// <summary>Each patch's harmonic mean over the windows that cover it.</summary>
    private float[] HarmonicAggregation(float[] scores, int[][] windows)
    {
        float[] covering = new float[grid * grid],
            inverse = new float[grid * grid];
        for (int w = 0; w < windows.Length; w++)
        {
            foreach (int patch in windows[w])
            {
                covering[patch]++;
                inverse[patch] += 1 / scores[w];
            }
        }

        for (int p = 0; p < covering.Length; p++)
            covering[p] /= inverse[p];
        return covering;
    }
}
