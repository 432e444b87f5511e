using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Inspection.Networks;

/// <summary>Where a state's words stand in its prompt, as the sums that a cross-attention map is made of.</summary>
internal static class StateTokens
{
    /// <summary>
    /// [77, 2]: column 0 averages over the state's tokens, which are the last occurrence of the state's own token sequence; column 1 is the
    /// sum that a row is divided by: all positions (the probabilities' sum, 1), or with content normalisation positions 1 .. end - 1.
    /// </summary>
    /// <exception cref="ArgumentException">The state is not in the prompt, or lies beyond its last position.</exception>
    public static float[] Weights(ClipTokenizer tokenizer, long[] prompt, string state, string text, TokenNormalization normalization)
    {
        int[] tokens = [.. tokenizer.Encode(state)];
        int end = Array.IndexOf(prompt, tokenizer.EndId, 1), start = -1;
        for (int i = 1; i + tokens.Length <= end; i++)
        {
            if (prompt.AsSpan(i, tokens.Length).SequenceEqual(Array.ConvertAll(tokens, t => (long)t))) start = i;
        }

        if (tokens.Length == 0) throw new ArgumentException($"The state '{state}' has no tokens; a state is a word or a few.");
        if (start < 0) throw new ArgumentException($"The state '{state}' is not among the first {prompt.Length - 1} tokens of its prompt \"{text}\"; shorten the prompt or move {{state}} forward.");

        float[] weights = None(prompt.Length);
        for (int i = 0; i < tokens.Length; i++) weights[2 * (start + i)] = 1f / tokens.Length;
        if (normalization == TokenNormalization.Content)
        {
            for (int i = 0; i < prompt.Length; i++) weights[2 * i + 1] = i >= 1 && i < end ? 1 : 0;
        }

        return weights;
    }

    /// <summary>Weights of a prompt without a state: no token is averaged, every one is in the divisor.</summary>
    public static float[] None(int length)
    {
        var weights = new float[2 * length];
        for (int i = 0; i < length; i++) weights[2 * i + 1] = 1;
        return weights;
    }
}
