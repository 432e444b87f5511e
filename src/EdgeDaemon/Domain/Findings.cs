using ClipFusion.Inspection;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>What the method's findings mean for the caller: the one place where they become verdicts and codes.</summary>
internal static class Findings
{
    /// <summary>The verdict and reason of a decision. Without a threshold, or with a score that is no number, nothing can be
    /// said.</summary>
    public static (Verdict Verdict, Code Reason) Of(Outcome outcome) =>
        outcome switch
        {
            Outcome.Ok => (Verdict.Ok, Code.None),
            Outcome.Ng => (Verdict.Ng, Code.None),
            Outcome.Review => (Verdict.Review, Code.None),
            Outcome.NoThreshold => (Verdict.NotJudged, Code.NoThreshold),
            _ => (Verdict.NotJudged, Code.NetworkFailed),
        };

    /// <summary>The reason of a frame that failed a check; <see cref="Code.None"/> for one that did not.</summary>
    public static Code Of(ImageFault fault) =>
        fault switch
        {
            ImageFault.None => Code.None,
            ImageFault.WrongSize => Code.WrongFrame,
            ImageFault.TooDark => Code.TooDark,
            ImageFault.TooBright => Code.TooBright,
            ImageFault.Blurred => Code.Blurred,
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "the fault has no code"),
        };
}
