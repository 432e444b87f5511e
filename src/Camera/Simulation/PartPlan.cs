namespace ClipFusion.Camera.Simulation;

/// <summary>Everything about one part's picture that is decided before the first pixel.</summary>
/// <param name="Placement">Where it lies.</param>
/// <param name="BeltX">Which column of the belt is at the left of the frame.</param>
/// <param name="BeltY">Which row of the belt is at its top.</param>
/// <param name="Gain">Brightness, 1 for nominal.</param>
/// <param name="GradientX">How much brighter the right edge is than the left, as a share.</param>
/// <param name="GradientY">How much brighter the bottom is than the top.</param>
/// <param name="BlurPasses">Focus: passes of the binomial filter.</param>
/// <param name="NoiseSeed">Seed of the sensor's noise.</param>
/// <param name="Defect">What is wrong, or null.</param>
internal sealed record PartPlan(
    Placement Placement,
    int BeltX,
    int BeltY,
    float Gain,
    float GradientX,
    float GradientY,
    int BlurPasses,
    ulong NoiseSeed,
    DefectPlan? Defect
);

/// <summary>A defect before it is drawn.</summary>
/// <param name="Kind">What.</param>
/// <param name="X">Its middle, pixels.</param>
/// <param name="Y">Its middle, pixels.</param>
/// <param name="Seed">Decides its shape.</param>
/// <param name="Feature">The part of the object that is missing or misplaced; on sheet goods null.</param>
internal sealed record DefectPlan(DefectKind Kind, float X, float Y, ulong Seed, SurfaceFeature? Feature);
