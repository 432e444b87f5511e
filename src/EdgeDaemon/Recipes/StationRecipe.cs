using System.Collections.Immutable;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>
/// A recipe of the appliance: what the method reads, and what a station needs around it. Immutable; one that is active stays as it was when
/// it was set, whatever happens to its file.
/// </summary>
internal sealed record StationRecipe
{
    /// <summary>Most reference images of a recipe.</summary>
    public const int MaxReferences = 20;

    /// <summary>The PLC's number, 0-999; unique on the device.</summary>
    public required int Number { get; init; }

    /// <summary>Its name, 1-32 of <c>[a-z0-9-]</c> with at least one that is no digit; also the file's, without <c>.json</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What the method reads.</summary>
    public required Recipe Method { get; init; }

    /// <summary>From receipt to verdict, 10 ms to 10 min; null = none.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Image thresholds and grey bands.</summary>
    public DecisionRule Rule { get; init; } = new(ProfileTable.Empty, ProfileTable.Empty);

    /// <summary>Pixels of the anomaly map above it belong to regions, 0..2; without one no regions are told.</summary>
    public ProfileTable MapThresholds { get; init; } = ProfileTable.Empty;

    /// <summary>What a frame has to be like.</summary>
    public ImageChecks Checks { get; init; } = ImageChecks.Off;

    /// <summary>Normal images that are enrolled when the recipe becomes active: paths relative to the recipes' folder, 0-20; none =
    /// zero-shot. Where a reference set was taught, full paths of its pictures take their place.</summary>
    public ImmutableArray<string> References { get; init; } = [];

    /// <summary>The files that the recipe is made of besides its own: the ignore mask, then the references; relative to the recipes'
    /// folder.</summary>
    public IEnumerable<string> Files => Method.Ignore?.MaskFile is string mask ? References.Prepend(mask) : References;
}
