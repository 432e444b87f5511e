using System.Numerics.Tensors;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>The texts that a picture is compared with.</summary>
internal enum PromptSet
{
    /// <summary>"normal [o]" and "anomalous [o]".</summary>
    Plain,

    /// <summary>These two in CLIP's eighty templates for ImageNet.</summary>
    ImageNet,

    /// <summary>WinCLIP's compositional ensemble.</summary>
    Compositional,
}

/// <summary>A normal and an anomalous text.</summary>
/// <param name="Normal">Unit embedding [E].</param>
/// <param name="Anomalous">Unit embedding [E].</param>
internal sealed record TextPair(float[] Normal, float[] Anomalous)
{
    /// <summary>All prompts of a pair, one side after the other.</summary>
    /// <param name="set">Which.</param>
    /// <param name="object">What prompts call the object.</param>
    public static (IReadOnlyList<string> Normal, IReadOnlyList<string> Anomalous) Prompts(PromptSet set, string @object) =>
        set switch
        {
            PromptSet.Plain => ([$"normal {@object}"], [$"anomalous {@object}"]),
            PromptSet.ImageNet => (ImageNetTemplates.Around($"normal {@object}"), ImageNetTemplates.Around($"anomalous {@object}")),
            _ => (WinClipPrompts.Normal(@object), WinClipPrompts.Anomalous(@object)),
        };

    /// <summary>Encodes a pair: the templates' unit embeddings are averaged, the others raw; then each side is made unit.</summary>
    public static TextPair Of(PromptEmbeddings embeddings, PromptSet set, string @object, CancellationToken cancellation)
    {
        (IReadOnlyList<string> normal, IReadOnlyList<string> anomalous) = Prompts(set, @object);
        return new TextPair(Side(normal), Side(anomalous));

        float[] Side(IReadOnlyList<string> prompts)
        {
            float[] mean =
                set == PromptSet.ImageNet ? embeddings.MeanOfUnits(prompts, cancellation) : embeddings.Mean(prompts, cancellation);
            TensorPrimitives.Divide(mean, TensorPrimitives.Norm<float>(mean), mean);
            return mean;
        }
    }

    /// <summary>The anomalous side of softmax(cosines / temperature) of a picture or patch.</summary>
    /// <param name="embedding">[E], of any length but 0.</param>
    /// <param name="temperature">Above 0.</param>
    public float AnomalousSide(ReadOnlySpan<float> embedding, double temperature)
    {
        double difference =
            TensorPrimitives.CosineSimilarity(embedding, Normal) - (double)TensorPrimitives.CosineSimilarity(embedding, Anomalous);
        return (float)(1 / (1 + Math.Exp(difference / temperature)));
    }
}
