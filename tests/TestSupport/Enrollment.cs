using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.TestSupport;

/// <summary>Does something with a frame that lives only as long as the call.</summary>
public delegate void FrameUse(ImageView frame);

/// <summary>Enrolment in one call.</summary>
public static class Enrollment
{
    /// <summary>Judges against so many pictures from now on.</summary>
    /// <param name="inspector">The inspector.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="withImage">Calls its second argument with the picture of that number.</param>
    /// <param name="cancellation">Ends it.</param>
    public static ReferenceBanks Enroll(
        this Inspector inspector,
        int count,
        Action<int, FrameUse> withImage,
        CancellationToken cancellation = default
    )
    {
        ReferenceBanksBuilder builder = inspector.StartEnrollment();
        for (int i = 0; i < count; i++)
            withImage(i, frame => inspector.AddReference(frame, builder, cancellation: cancellation));
        ReferenceBanks banks = builder.ToBanks(inspector.Comparison.Parallelism, cancellation);
        inspector.Use(banks);
        return banks;
    }

    /// <summary>Judges a frame on the way that the box takes, with something done once PatchCLIP's own result is there.</summary>
    /// <param name="inspector">The inspector.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="patchClipReady">Told the result; not called where no network runs after CLIP.</param>
    /// <param name="excludeReference">Number of the reference image whose rows are left out, or null.</param>
    /// <param name="cancellation">Ends it.</param>
    public static InspectionResult Inspect(
        this Inspector inspector,
        ImageView frame,
        Action<FusionResult> patchClipReady,
        int? excludeReference = null,
        CancellationToken cancellation = default
    )
    {
        Comparison comparison = inspector.Comparison with { ExcludeReference = excludeReference };
        var trace = new InspectionTrace();
        int side = inspector.Recipe.OutputSize;
        PreparedImage image = inspector.Prepare(frame, trace, cancellation);
        using var networks = inspector.NetworksFor(image);
        BranchMaps maps = inspector.RunPatchClip(networks, comparison, trace, cancellation);
        maps = inspector.RunBackbone(maps, networks, comparison, trace, cancellation);
        if (inspector.HeldProfile == ClipFusion.Inspection.Recipes.Profile.PatchClip)
            patchClipReady(
                inspector.Fuse(
                    maps,
                    ClipFusion.Inspection.Recipes.Profile.PatchClip,
                    image.Region,
                    new FusionResult(side, side),
                    trace,
                    cancellation
                )
            );
        maps = inspector.RunMapDiff(maps, networks, comparison, trace, cancellation);
        FusionResult fused = inspector.Fuse(
            maps,
            inspector.Recipe.Profile,
            image.Region,
            new FusionResult(side, side),
            trace,
            cancellation
        );
        return new InspectionResult(image, maps, fused, trace.Timings, null);
    }
}
