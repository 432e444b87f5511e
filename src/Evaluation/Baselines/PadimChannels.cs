using ClipFusion.Evaluation.Protocol;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>Which channels PaDiM keeps: a list, or so many that are drawn. The paper draws them; its authors' draws are in
/// <c>docs/padim</c>.</summary>
/// <param name="Count">How many are drawn where there is no list; all where a network has fewer.</param>
/// <param name="Listed">The list, in its order; null for a draw.</param>
public sealed record PadimChannels(int Count, IReadOnlyList<int>? Listed = null)
{
    /// <summary>What is drawn unless told otherwise.</summary>
    public static PadimChannels Default { get; } = new(100);

    /// <summary>The channels of a network.</summary>
    /// <param name="total">How many its layers have together.</param>
    /// <exception cref="PadimChannelsException">The list names one that there is not, or one twice.</exception>
    internal int[] Of(int total)
    {
        if (Listed is null)
            return ReferenceSampler.Draw(total, Math.Min(Count, total), seed: 0, "padim");
        if (Listed.Count == 0 || Listed.Distinct().Count() != Listed.Count || Listed.Any(c => c < 0 || c >= total))
            throw new PadimChannelsException(
                $"{Listed.Count} of {Listed.DefaultIfEmpty().Min()} to {Listed.DefaultIfEmpty().Max()}; numbers from 0 to {total - 1}, "
                    + "each once and at least one, are expected of this network"
            );
        return [.. Listed];
    }

    /// <inheritdoc/>
    public override string ToString() => Listed is null ? $"{Count}" : string.Join(',', Listed);
}

/// <summary>A list of channels does not fit a network. The message says what was found and what is expected.</summary>
public sealed class PadimChannelsException(string message) : Exception(message);
