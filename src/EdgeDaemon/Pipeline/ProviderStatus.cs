using ClipFusion.Inspection.Networks;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What runs the networks, as the state tells it.</summary>
/// <param name="Provider"><c>tensorrt</c>, <c>cuda</c> or <c>cpu</c>, or one for each network where they differ; null when no network is
/// open yet.</param>
/// <param name="Note">Why nothing better does, and why the processor searches memory banks although a GPU runs networks, at most
/// <see cref="MaxNote"/> characters; null when nothing better was wanted.</param>
/// <param name="EngineBuild">Progress of the engines that are being built, 0..1; null when none is.</param>
internal sealed record ProviderStatus(string? Provider, string? Note, double? EngineBuild)
{
    /// <summary>Longest note.</summary>
    public const int MaxNote = 500;

    /// <summary>Before any network is open.</summary>
    public static ProviderStatus None { get; } = new(null, null, null);

    /// <summary>The status of an open pack.</summary>
    public static ProviderStatus Of(ModelPack pack) =>
        Of(
            pack.Providers,
            pack.BuildProgress,
            [.. pack.BankSearches.Select(b => b.WhyNot).OfType<string>().Distinct(StringComparer.Ordinal)]
        );

    /// <summary>
    /// The status of some decisions. Text towers run once per recipe and say nothing about how fast parts are judged, so they count only
    /// where nothing else is open. A network's slowest graph counts for it.
    /// </summary>
    public static ProviderStatus Of(
        IReadOnlyList<ProviderDecision> decisions,
        double? building,
        IReadOnlyList<string>? whyHostSearches = null
    )
    {
        ProviderDecision[] counted = [.. decisions.Where(d => d.Part != NetworkPart.TextTowers)];
        if (counted.Length == 0)
            counted = [.. decisions];
        if (counted.Length == 0)
            return None with { EngineBuild = building };
        (string Part, string Provider)[] parts =
        [
            .. counted
                .GroupBy(d => d.Part)
                .OrderBy(p => p.Key)
                .Select(p => (ProviderNames.Text(p.Key), ProviderNames.Text(p.Min(d => d.Provider)))),
        ];
        string provider = parts.All(p => p.Provider == parts[0].Provider)
            ? parts[0].Provider
            : string.Join(", ", parts.Select(p => $"{p.Part} {p.Provider}"));

        // The same reason is said once, however many networks it is about.
        var reasons = counted.Where(d => d.WhyNotBetter is not null).GroupBy(d => d.WhyNotBetter!, StringComparer.Ordinal);
        IEnumerable<string> notes = reasons.Select(r =>
            r.Count() == counted.Length ? r.Key : $"{string.Join(", ", r.Select(d => d.Graph).Order(StringComparer.Ordinal))}: {r.Key}"
        );
        string note = string.Join(
            "; ",
            [.. notes, .. (whyHostSearches ?? []).Select(why => $"the processor searches memory banks: {why}")]
        );
        return new ProviderStatus(
            provider,
            note.Length == 0 ? null
                : note.Length <= MaxNote ? note
                : $"{note[..(MaxNote - 1)]}…",
            building
        );
    }
}
