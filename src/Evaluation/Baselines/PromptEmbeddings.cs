using System.Numerics.Tensors;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>Embeddings of prompts as CLIP's text tower gives them, before they are made unit.</summary>
/// <param name="pack">A pack with WinCLIP's text graph; shared, not owned.</param>
internal sealed class PromptEmbeddings(ModelPack pack)
{
    private const int PromptsPerRun = 32;

    private int Width => pack.Manifest.RequireClip().EmbedDim;

    /// <summary>Refuses prompts that the tower would not read to their end.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="whose">Whose they are, for the message.</param>
    /// <exception cref="ClipFusion.Models.Tokenizer.PromptTooLongException">One is too long.</exception>
    public void Ensure(IReadOnlyList<string> prompts, string whose) => PromptLengths.EnsureClip(pack, [.. prompts], whose);

    /// <summary>The plain mean of the raw embeddings [E].</summary>
    public float[] Mean(IReadOnlyList<string> prompts, CancellationToken cancellation) => MeanOf(prompts, static (_, _) => 1, cancellation);

    /// <summary>The mean of the unit embeddings [E], as CLIP's and OpenCLIP's recipe for zero-shot classifiers has it.</summary>
    public float[] MeanOfUnits(IReadOnlyList<string> prompts, CancellationToken cancellation) =>
        MeanOf(prompts, static (rows, row) => 1 / TensorPrimitives.Norm(rows.AsSpan(row)), cancellation);

    private float[] MeanOf(IReadOnlyList<string> prompts, Func<float[], Range, double> weight, CancellationToken cancellation)
    {
        double[] sum = new double[Width];
        int length = pack.Manifest.RequireClip().ContextLength;
        foreach (string[] some in prompts.Chunk(PromptsPerRun))
        {
            long[] ids = [.. some.SelectMany(p => pack.ClipTokenizer.EncodeWhole(p, length))];
            using NetworkOutputs o = pack.RunOnTokens(
                GraphNames.WinClipText,
                ids,
                some.Length,
                [GraphNames.Raw(GraphNames.Embeddings)],
                cancellation
            );
            float[] rows = o.Floats(GraphNames.Raw(GraphNames.Embeddings)).ToArray();
            for (int prompt = 0; prompt < some.Length; prompt++)
            {
                int start = prompt * Width;
                double share = weight(rows, start..(start + Width));
                for (int i = 0; i < Width; i++)
                    sum[i] += share * rows[start + i];
            }
        }

        return [.. sum.Select(s => (float)(s / prompts.Count))];
    }
}
