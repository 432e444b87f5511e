namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>What PromptAD learns prompts for: its two trainings.</summary>
internal enum PromptAdTask
{
    /// <summary>The picture's score.</summary>
    Classification,

    /// <summary>The map.</summary>
    Segmentation,
}

/// <summary>Prompts of PromptAD for one object.</summary>
/// <param name="Pair">Its text embeddings [2, E], normal and abnormal; null where there are context vectors.</param>
/// <param name="Normal">Normal contexts [P, n, Wt]; null where there is a pair.</param>
/// <param name="Abnormal">Abnormal contexts [Q, m, Wt]; null where there is a pair.</param>
/// <param name="States">States of the object itself, with <c>{}</c> where it is named.</param>
internal sealed record PromptAdPrompts(PromptTensor? Pair, PromptTensor? Normal, PromptTensor? Abnormal, IReadOnlyList<string> States);

/// <summary>
/// A file of prompts that PromptAD learned elsewhere: <c>text_features</c> [2, E], which its checkpoint has, or <c>normal_ctx</c>
/// [P, n, Wt] and <c>abnormal_ctx</c> [Q, m, Wt]. A name may have <c>classification.</c> or <c>segmentation.</c> before it, and the
/// object's word and a stroke before that; of several the one that says most counts. The metadata may have <c>states</c>, with the object's
/// word and a stroke before it or without: states of the object, one a line, with <c>{}</c> where it is named.
/// </summary>
public sealed class PromptAdFile : IDisposable
{
    private const string PairName = "text_features",
        NormalName = "normal_ctx",
        AbnormalName = "abnormal_ctx",
        StatesKey = "states",
        Object = "{}";

    private readonly PromptTensors? _file;
    private readonly PromptAdPrompts? _made;

    private PromptAdFile(PromptTensors file) => _file = file;

    /// <summary>Prompts of every object that are in memory: for measuring how long things take.</summary>
    internal PromptAdFile(PromptAdPrompts made) => _made = made;

    /// <summary>The file.</summary>
    internal string Path => _file?.Path ?? "";

    /// <summary>Changes with the file's content.</summary>
    internal string Content => _file?.Content ?? "";

    /// <summary>Opens a file.</summary>
    /// <exception cref="PromptFileException">It can't be read, or is no safetensors file.</exception>
    public static PromptAdFile Open(string path) => new(PromptTensors.Open(path));

    /// <summary>The prompts of an object.</summary>
    /// <param name="objectWord">What prompts call it.</param>
    /// <param name="task">What they are for.</param>
    /// <param name="embedDim">E.</param>
    /// <param name="textWidth">Wt; asked for where there are context vectors.</param>
    /// <exception cref="PromptFileException">There are none, or they don't fit.</exception>
    internal PromptAdPrompts Of(string objectWord, PromptAdTask task, int embedDim, Func<int> textWidth)
    {
        if (_made is not null)
            return _made;
        PromptTensors file = _file!;
        string purpose = $"{task}.".ToLowerInvariant();
        string[] prefixes = [$"{objectWord}/{purpose}", $"{objectWord}/", purpose, ""];
        string? prefix = prefixes.FirstOrDefault(p => file.Has(p + PairName) || file.Has(p + NormalName) || file.Has(p + AbnormalName));
        if (prefix is null)
            throw new PromptFileException(
                $"{file.Path}: has no prompts for '{objectWord}'; {PairName} [2, E], or {NormalName} [P, n, Wt] and {AbnormalName} "
                    + $"[Q, m, Wt] are expected, alone or behind {string.Join(", ", prefixes.SkipLast(1).Select(p => $"'{p}'"))}"
            );
        if (!file.Has(prefix + PairName))
            return new PromptAdPrompts(
                null,
                file.Read(prefix + NormalName, "P", "n", textWidth()),
                file.Read(prefix + AbnormalName, "Q", "m", textWidth()),
                States(file, objectWord)
            );
        if (file.Has(prefix + NormalName) || file.Has(prefix + AbnormalName))
            throw new PromptFileException(
                $"{file.Path}: has '{prefix}{PairName}' and context vectors beside it; one of the two is expected"
            );
        return new PromptAdPrompts(file.Read(prefix + PairName, 2, embedDim), null, null, []);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static string[] States(PromptTensors file, string objectWord)
    {
        string key = file.Text($"{objectWord}/{StatesKey}") is null ? StatesKey : $"{objectWord}/{StatesKey}";
        string[] states = (file.Text(key) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return states.FirstOrDefault(s => !s.Contains(Object, StringComparison.Ordinal)) is { } wrong
            ? throw new PromptFileException(
                $"{file.Path}: metadata '{key}': '{wrong}' does not name the object; '{Object}' is expected in it"
            )
            : states;
    }
}
