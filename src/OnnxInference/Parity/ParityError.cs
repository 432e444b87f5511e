namespace ClipFusion.OnnxInference.Parity;

/// <summary>How far an output is from its golden.</summary>
/// <param name="Output">The output's name.</param>
/// <param name="Error">Length of the difference over the length of the golden; infinite when anything is not a number or the shape
/// differs.</param>
/// <param name="Limit">The largest that passes.</param>
public sealed record ParityError(string Output, double Error, double Limit)
{
    /// <summary>Whether it passes.</summary>
    public bool IsGood => Error <= Limit;

    /// <summary>What else is wrong with it, for people; null for nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>As <c>latent 4.0e-4 (limit 2.0e-3)</c>, with the remark behind a comma.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Output} {Error:0.0e0} (limit {Limit:0.0e0}){(Remark is null ? "" : $", {Remark}")}");

    /// <summary>Those that do not pass, in one line.</summary>
    public static string Reason(IReadOnlyList<ParityError> errors) =>
        $"outputs differ from the goldens: {string.Join(", ", errors.Where(e => !e.IsGood))}";

    /// <summary>|values - golden| / |golden|, in double; both of one length.</summary>
    internal static double Normalized(ReadOnlySpan<float> values, ReadOnlySpan<float> golden)
    {
        if (values.Length != golden.Length)
            return double.PositiveInfinity;
        double difference = 0,
            length = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double d = (double)values[i] - golden[i];
            difference += d * d;
            length += (double)golden[i] * golden[i];
        }

        double error = length > 0 ? Math.Sqrt(difference / length) : Math.Sqrt(difference);
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }
}
