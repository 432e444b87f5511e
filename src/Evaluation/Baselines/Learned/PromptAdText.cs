namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>
/// PromptAD's texts: "N .. N [o]." for normal; for abnormal every state of a list behind each normal context, and learned endings. N and A
/// are places of learned vectors.
/// </summary>
internal static class PromptAdText
{
    /// <summary>The states that its authors' code has for every object.</summary>
    private static readonly string[] GeneralStates =
    [
        "damaged {}",
        "flawed {}",
        "abnormal {}",
        "imperfect {}",
        "blemished {}",
        "{} with flaw",
        "{} with defect",
        "{} with damage",
    ];

    /// <summary>All prompts.</summary>
    /// <param name="embeddings">Makes ids.</param>
    /// <param name="objectWord">o.</param>
    /// <param name="prompts">Context vectors, and the object's own states.</param>
    /// <returns>The normal ones, those of a state, and those with a learned ending.</returns>
    /// <exception cref="ClipFusion.Models.Tokenizer.PromptTooLongException">One is longer than the tower reads.</exception>
    public static (LearnedPrompt[] Normal, LearnedPrompt[] Handle, LearnedPrompt[] Learned) Prompts(
        LearnedEmbeddings embeddings,
        string objectWord,
        PromptAdPrompts prompts
    )
    {
        (PromptTensor normal, PromptTensor abnormal) = (prompts.Normal!, prompts.Abnormal!);
        int p = normal.Shape[0],
            q = abnormal.Shape[0];
        string places = Places('N', normal.Shape[1]),
            endings = Places('A', abnormal.Shape[1]);
        return (
            [.. Enumerable.Range(0, p).Select(i => new LearnedPrompt(embeddings.Tokens($"{places}{objectWord}."), Vectors(i)))],
            [
                .. from state in GeneralStates.Concat(prompts.States)
                from i in Enumerable.Range(0, p)
                select new LearnedPrompt(
                    embeddings.Tokens($"{places}{state.Replace("{}", objectWord, StringComparison.Ordinal)}."),
                    Vectors(i)
                ),
            ],
            // Row i pairs i mod P with i mod Q, as its authors' code does: not every pair occurs.
            [
                .. Enumerable
                    .Range(0, p * q)
                    .Select(i => new LearnedPrompt(
                        embeddings.Tokens($"{places}{endings}{objectWord}."),
                        [.. Vectors(i % p), .. abnormal.Row(i % q)]
                    )),
            ]
        );

        float[] Vectors(int i) => normal.Row(i).ToArray();
    }

    /// <summary>The text pair: the plain mean of the raw embeddings on either side, made unit.</summary>
    public static TextPair Pair(LearnedEmbeddings embeddings, string objectWord, PromptAdPrompts prompts, CancellationToken cancellation)
    {
        if (prompts.Pair is { } given)
            return new TextPair(UnitVectors.OfMean([given.Row(0).ToArray()]), UnitVectors.OfMean([given.Row(1).ToArray()]));
        (LearnedPrompt[] normal, LearnedPrompt[] handle, LearnedPrompt[] learned) = Prompts(embeddings, objectWord, prompts);
        return new TextPair(
            UnitVectors.OfMean(embeddings.Encode(normal, cancellation)),
            UnitVectors.OfMean(embeddings.Encode([.. handle, .. learned], cancellation))
        );
    }

    private static string Places(char letter, int count) => string.Concat(Enumerable.Repeat($"{letter} ", count));
}
