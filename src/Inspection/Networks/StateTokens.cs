using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Inspection.Networks;

/// <summary>Where a state's words stand in its prompt, as the sums that a cross-attention map is made of.</summary>
public static class StateTokens
{
    /// <summary>The positions (0 = start token) of the last occurrence of the state's own token sequence.</summary>
    /// <param name="tokenizer">Stable Diffusion's tokeniser.</param>
    /// <param name="prompt">The prompt's padded ids.</param>
    /// <param name="state">The state's words.</param>
    /// <param name="text">The prompt's text, for the message.</param>
    /// <exception cref="ArgumentException">The state is not in the prompt, or lies beyond its last position.</exception>
    public static Range Find(ClipTokenizer tokenizer, long[] prompt, string state, string text)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = [.. tokenizer.Encode(state)];
        if (tokens.Length == 0)
            throw new ArgumentException($"The state '{state}' has no tokens; a state is a word or a few.");
        int end = Array.IndexOf(prompt, tokenizer.EndId, 1),
            start = -1;
        for (int i = 1; i + tokens.Length <= end; i++)
        {
            if (prompt.AsSpan(i, tokens.Length).SequenceEqual(Array.ConvertAll(tokens, t => (long)t)))
                start = i;
        }

        if (start < 0)
            throw new ArgumentException(
                $"The state '{state}' is not among the first {prompt.Length - 1} tokens of its prompt \"{text}\"; shorten the prompt "
                    + "or move {state} forward."
            );
        return start..(start + tokens.Length);
    }

    /// <summary>
    /// [77, 2]: column 0 averages over the state's tokens (<see cref="Find"/>); column 1 is the sum that a row is divided by: all positions
    /// (the probabilities' sum, 1), or with content normalisation positions 1 .. end - 1.
    /// </summary>
    /// <exception cref="ArgumentException">The state is not in the prompt, or lies beyond its last position.</exception>
    internal static float[] Weights(ClipTokenizer tokenizer, long[] prompt, string state, string text, TokenNormalization normalization)
    {
        (int start, int length) = Find(tokenizer, prompt, state, text).GetOffsetAndLength(prompt.Length);
        float[] weights = None(prompt.Length);
        for (int i = start; i < start + length; i++)
            weights[2 * i] = 1f / length;
        if (normalization == TokenNormalization.Content)
        {
            int end = Array.IndexOf(prompt, tokenizer.EndId, 1);
            for (int i = 0; i < prompt.Length; i++)
                weights[2 * i + 1] = i >= 1 && i < end ? 1 : 0;
        }

        return weights;
    }

    /// <summary>Weights of a prompt without a state: no token is averaged, every one is in the divisor.</summary>
    internal static float[] None(int length)
    {
        var weights = new float[2 * length];
        for (int i = 0; i < length; i++)
            weights[2 * i + 1] = 1;
        return weights;
    }
}
