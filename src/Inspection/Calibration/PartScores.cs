using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection.Calibration;

/// <summary>How high a good part scores under one profile.</summary>
/// <param name="Score">The few-shot score.</param>
/// <param name="Peak">The largest value of its map, where it is not ignored.</param>
/// <param name="Vision">What of the score the vision branches give.</param>
public readonly record struct ProfileScore(double Score, double Peak, double Vision)
{
    /// <summary>The larger of each.</summary>
    public ProfileScore Max(ProfileScore other) =>
        new(Math.Max(Score, other.Score), Math.Max(Peak, other.Peak), Math.Max(Vision, other.Vision));
}

/// <summary>The same for the recipe's own profile, and for the one that stands in at a deadline, which is on another scale.</summary>
/// <param name="Full">The recipe's profile.</param>
/// <param name="Held">The one that stands in; null where there is none.</param>
/// <param name="HeldProfile">Which that is.</param>
public readonly record struct PartScores(ProfileScore Full, ProfileScore? Held, Profile HeldProfile)
{
    /// <summary>Judges a picture on the way that the box takes.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="picture">Borrowed.</param>
    /// <param name="excludeReference">The reference whose rows are left out, or null.</param>
    /// <param name="heldInto">Written over by the held result; made where it is null.</param>
    /// <param name="betweenRuns">Called between two runs of networks; null for nothing.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidOperationException">The inspector has no banks.</exception>
    internal static PartScores Of(
        Inspector inspector,
        ImageView picture,
        int? excludeReference,
        ref FusionResult? heldInto,
        Action? betweenRuns,
        CancellationToken cancellation
    )
    {
        PreparedImage image = inspector.Prepare(picture, cancellation: cancellation);
        InspectionResult result = inspector.Inspect(image, new InspectionTrace(), cancellation, excludeReference, betweenRuns);
        bool[]? ignored = inspector.IgnoredCells(result.Map, image.Region);
        ProfileScore full = Of(result.Fused, ignored);
        if (inspector.HeldProfile is not { } profile)
            return new PartScores(full, null, default);
        heldInto ??= new FusionResult(result.Map.Height, result.Map.Width);
        FusionResult held = inspector.Fuse(result.Maps, profile, result.Prepared.Region, heldInto, cancellation: cancellation);
        return new PartScores(full, Of(held, ignored), profile);
    }

    /// <summary>The larger of each, of two pictures under one recipe.</summary>
    internal PartScores Max(PartScores other) =>
        new(Full.Max(other.Full), Held is { } held && other.Held is { } others ? held.Max(others) : Held, HeldProfile);

    private static ProfileScore Of(FusionResult fused, bool[]? ignored) =>
        new(
            fused.Scores.FewShot ?? throw new InvalidOperationException("a recipe with references has a few-shot score"),
            MapStatistics.Max(fused.FewShot!.Values, ignored),
            fused.Scores.Vision!.Value
        );
}
