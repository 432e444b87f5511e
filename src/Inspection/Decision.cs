using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>What a score came to.</summary>
public enum Outcome
{
    /// <summary>Normal: at or below the threshold.</summary>
    Ok,

    /// <summary>Anomalous: above the threshold.</summary>
    Ng,

    /// <summary>Within the grey band around the threshold, its edges included: a person should look.</summary>
    Review,

    /// <summary>Nothing to compare with: the recipe has no threshold for the profile and shot mode that judged.</summary>
    NoThreshold,

    /// <summary>The score is NaN or infinite: a network failed.</summary>
    NotANumber,
}

/// <summary>Step 7: a score compared with the threshold of the profile and shot mode that gave it.</summary>
/// <param name="Outcome">The answer.</param>
/// <param name="Score">The anomaly score, 0..2.</param>
/// <param name="Threshold">What it was compared with; null where there is none.</param>
/// <param name="Margin">Score minus threshold: above 0 on the anomalous side; null where there was no comparison.</param>
public readonly record struct Decision(Outcome Outcome, double Score, double? Threshold, double? Margin);

/// <summary>
/// A recipe's thresholds and grey bands. The band is a half-width: a score not further than that from the threshold is
/// <see cref="Outcome.Review"/>, and the band moves with the threshold when that is set anew. It belongs to one profile and shot mode as
/// the threshold does, because it is in score units.
/// </summary>
/// <param name="Thresholds">Scores above them are anomalous, 0..2. A threshold made as a quantile of normal scores keeps the normal part
/// that gave it.</param>
/// <param name="GreyBands">Half-widths, 0..2; missing or 0 = no band.</param>
public sealed record DecisionRule(ProfileTable Thresholds, ProfileTable GreyBands)
{
    /// <summary>Decides without allocating.</summary>
    /// <param name="profile">The profile that gave the score: the recipe's, or the one whose held result stands in.</param>
    /// <param name="shots">Whether there were references.</param>
    /// <param name="score">The anomaly score.</param>
    public Decision Decide(Profile profile, ShotMode shots, double score)
    {
        if (!double.IsFinite(score))
            return new(Outcome.NotANumber, score, null, null);
        if (Thresholds[profile, shots] is not double threshold)
            return new(Outcome.NoThreshold, score, null, null);
        double margin = score - threshold;
        bool grey = GreyBands[profile, shots] is > 0 and double half && Math.Abs(margin) <= half;
        return new(
            grey ? Outcome.Review
                : margin > 0 ? Outcome.Ng
                : Outcome.Ok,
            score,
            threshold,
            margin
        );
    }

    /// <summary>Decides on the score of a result: few-shot where it has one, else zero-shot; without any it is no number.</summary>
    /// <param name="profile">The profile that gave the scores.</param>
    /// <param name="scores">The scores of step 6.</param>
    public Decision Decide(Profile profile, FusionScores scores) =>
        scores.FewShot is float fewShot
            ? Decide(profile, ShotMode.FewShot, fewShot)
            : Decide(profile, ShotMode.ZeroShot, scores.ZeroShot ?? double.NaN);
}
