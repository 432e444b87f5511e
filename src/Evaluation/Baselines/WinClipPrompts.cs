namespace ClipFusion.Evaluation.Baselines;

/// <summary>WinCLIP's compositional prompt ensemble: every state of the object in every template.</summary>
internal static class WinClipPrompts
{
    private static readonly string[] NormalStates =
    [
        "{0}",
        "flawless {0}",
        "perfect {0}",
        "unblemished {0}",
        "{0} without flaw",
        "{0} without defect",
        "{0} without damage",
    ];

    private static readonly string[] AnomalousStates = ["damaged {0}", "{0} with flaw", "{0} with defect", "{0} with damage"];

    // One template stands twice, as in the published ensemble: it counts twice in the mean.
    private static readonly string[] Templates =
    [
        "a cropped photo of the {0}.",
        "a close-up photo of a {0}.",
        "a close-up photo of the {0}.",
        "a bright photo of a {0}.",
        "a bright photo of the {0}.",
        "a dark photo of the {0}.",
        "a dark photo of a {0}.",
        "a jpeg corrupted photo of the {0}.",
        "a jpeg corrupted photo of the {0}.",
        "a blurry photo of the {0}.",
        "a blurry photo of a {0}.",
        "a photo of a {0}.",
        "a photo of the {0}.",
        "a photo of a small {0}.",
        "a photo of the small {0}.",
        "a photo of a large {0}.",
        "a photo of the large {0}.",
        "a photo of the {0} for visual inspection.",
        "a photo of a {0} for visual inspection.",
        "a photo of the {0} for anomaly detection.",
        "a photo of a {0} for anomaly detection.",
    ];

    /// <summary>147 prompts of a normal object.</summary>
    public static string[] Normal(string @object) => Compose(NormalStates, @object);

    /// <summary>84 prompts of an anomalous one.</summary>
    public static string[] Anomalous(string @object) => Compose(AnomalousStates, @object);

    private static string[] Compose(string[] states, string @object) =>
        [.. states.SelectMany(state => Templates.Select(template => Fill(template, Fill(state, @object))))];

    private static string Fill(string template, string text) => template.Replace("{0}", text, StringComparison.Ordinal);
}
