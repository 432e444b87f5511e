using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Inspection;

/// <summary>How far image embeddings are aligned to the abnormal rather than the normal text (equation 1).</summary>
public static class LanguageScore
{
    /// <summary>
    /// Per row the abnormal side of softmax(cos(row, normal) / temperature, cos(row, abnormal) / temperature): of patch embeddings the
    /// map M^{CLIP,L}, of the class embedding the score S^{CLIP,L}. Computed in double, since a temperature of 0.01 magnifies rounding a
    /// hundredfold.
    /// </summary>
    /// <param name="embeddings">Rows x dimension, row-major; need not be of length 1.</param>
    /// <param name="textNormal">The normal side's text embedding; its length is the dimension; need not be of length 1.</param>
    /// <param name="textAbnormal">The abnormal side's text embedding, of the same dimension.</param>
    /// <param name="temperature">The divisor, above 0: the recipe's, or the network's own 1/exp(logit_scale).</param>
    /// <param name="destination">Receives one probability (0..1) a row; owned by the caller.</param>
    /// <exception cref="ArgumentException">Lengths don't fit, the temperature is not above 0, or a vector is zero, NaN or infinite
    /// (named).</exception>
    public static void Softmax(
        ReadOnlySpan<float> embeddings,
        ReadOnlySpan<float> textNormal,
        ReadOnlySpan<float> textAbnormal,
        double temperature,
        Span<float> destination
    )
    {
        int dimension = textNormal.Length;
        if (textAbnormal.Length != dimension)
        {
            throw new ArgumentException(
                $"The normal text has {dimension} values and the abnormal text {textAbnormal.Length}; both must be embeddings of one "
                    + "network.",
                nameof(textAbnormal)
            );
        }

        if (!double.IsFinite(temperature) || temperature <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be a finite number above 0.");
        }

        int rows = UnitRows.Count(embeddings.Length, dimension, "Image embeddings");
        if (destination.Length != rows)
        {
            throw new ArgumentException(
                $"{rows} embeddings need {rows} probabilities, but there is room for {destination.Length}.",
                nameof(destination)
            );
        }

        double normal = Direction(textNormal, "Normal text embedding", 0),
            abnormal = Direction(textAbnormal, "Abnormal text embedding", 0);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> embedding = embeddings.Slice(row * dimension, dimension);
            double length = Direction(embedding, "Image embeddings", row);
            double difference = (Dot(embedding, textNormal) / normal) - (Dot(embedding, textAbnormal) / abnormal);
            destination[row] = (float)(1 / (1 + Math.Exp(difference / length / temperature)));
        }
    }

    private static double Direction(ReadOnlySpan<float> vector, string name, int row)
    {
        double norm = UnitRows.Norm(vector);
        return double.IsFinite(norm) && norm > 0
            ? norm
            : throw new ArgumentException(
                $"{name}: row {row} has length {norm}; a finite vector with a direction is expected.",
                nameof(vector)
            );
    }

    private static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += (double)x[i] * y[i];
        return sum;
    }
}
