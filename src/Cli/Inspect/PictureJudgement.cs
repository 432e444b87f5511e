using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Cli.Inspect;

/// <summary>What is reported about one picture, copied out of the inspector's buffers. Property names are the JSON's keys; null = not part
/// of the judgement.</summary>
internal sealed record PictureJudgement(
    string File,
    string Profile,
    string ShotMode,
    float Score,
    PictureEvidence Evidence,
    FusedScores Fused,
    StepMilliseconds TimingsMs
)
{
    /// <summary>The greatest value of the anomaly map: what a map threshold is chosen by.</summary>
    public required float MapMax { get; init; }

    /// <summary>OK, NG or REVIEW by the recipe's threshold; left out where it has none for this profile and shot mode.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>The threshold; left out where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Threshold { get; init; }

    /// <summary>Areas above the map threshold in frame pixels; left out where no threshold is given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RegionBox>? Regions { get; init; }

    /// <summary>Whether there were more areas than <see cref="Regions"/> holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? RegionsTruncated { get; init; }

    public static PictureJudgement Of(string file, StationRecipe station, InspectionResult result, float mapMax, ConnectedRegions? regions)
    {
        Recipe recipe = station.Method;
        Decision decision = station.Rule.Decide(recipe.Profile, result.Fused.Scores);
        FusionScores s = result.Fused.Scores;
        StepTimings t = result.Timings;
        return new PictureJudgement(
            file,
            Text(recipe.Profile),
            Shot(s.FewShot is not null),
            result.Score,
            new PictureEvidence(s.ClipLanguage, s.ClipVision, s.DiffLanguage, s.DiffVision) { BackboneVision = s.BackboneVision },
            new FusedScores(s.ZeroShot, s.FewShot),
            new StepMilliseconds(
                Ms(t.Prepare),
                Ms(t.ClipNetworks),
                Ms(t.ClipBanks),
                Ms(t.Vae),
                Ms(t.Unet),
                Ms(t.DiffusionBanks),
                Ms(t.Fuse),
                Ms(t.Total)
            )
            {
                BackboneNetwork = t.BackboneNetwork > TimeSpan.Zero ? Ms(t.BackboneNetwork) : null,
                BackboneBanks = t.BackboneBanks > TimeSpan.Zero ? Ms(t.BackboneBanks) : null,
            }
        )
        {
            MapMax = mapMax,
            Verdict = decision.Outcome switch
            {
                Outcome.Ok => "OK",
                Outcome.Ng => "NG",
                Outcome.Review => "REVIEW",
                _ => null,
            },
            Threshold = decision.Threshold,
            Regions = regions is null
                ? null
                : [.. regions.Regions.Select(r => new RegionBox(r.Box.X, r.Box.Y, r.Box.Width, r.Box.Height, r.Area, r.Peak))],
            RegionsTruncated = regions?.Truncated,
        };
    }

    /// <summary>A profile as recipes spell it.</summary>
    public static string Text(Profile profile) => profile.ToString().ToLowerInvariant();

    /// <summary>How the shot mode is called.</summary>
    public static string Shot(bool references) => references ? "few-shot" : "zero-shot";

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>The branch scores, each 0..1.</summary>
internal sealed record PictureEvidence(float? ClipLanguage, float? ClipVision, float? DiffLanguage, float? DiffVision)
{
    /// <summary>The backbone's; left out where it was not used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? BackboneVision { get; init; }
}

/// <summary>The fused scores: 0..1 from the language branches, 0..2 from all.</summary>
internal sealed record FusedScores(float? ZeroShot, float? FewShot);

/// <summary>Durations of the numbered steps.</summary>
internal sealed record StepMilliseconds(
    double Prepare,
    double ClipNetworks,
    double ClipBanks,
    double Vae,
    double Unet,
    double DiffusionBanks,
    double Fuse,
    double Total
)
{
    /// <summary>Left out where the backbone was not used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BackboneNetwork { get; init; }

    /// <summary>Left out where the backbone was not used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BackboneBanks { get; init; }
}

/// <summary>An area in frame pixels and its largest map value.</summary>
internal sealed record RegionBox(int X, int Y, int Width, int Height, long Area, float Peak);
