using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli.Inspect;

/// <summary>What one run of <c>inspect</c> is asked to do; <see cref="Check"/> finds what does not fit together.</summary>
internal sealed record InspectRequest
{
    /// <summary>A dump is held in memory until it is written: about 10 MB a picture at full size, with layers.</summary>
    public const int MaxDumpedImages = 256;

    /// <summary>More threads than this are a mistake.</summary>
    public const int MaxThreads = 1024;

    public required string Pack { get; init; }

    /// <summary>The whole recipe, as a device reads it, with what it leaves to the pack settled.</summary>
    public required StationRecipe Station { get; init; }

    /// <summary>The revision of the method's settings as they were written.</summary>
    public required string Revision { get; init; }

    /// <summary>What the method reads of it.</summary>
    public Recipe Recipe => Station.Method;

    /// <summary>Where the recipe's mask file and references are looked for.</summary>
    public required string RecipeFolder { get; init; }

    public required IReadOnlyList<InputImage> Images { get; init; }

    /// <summary>Good parts; empty = zero-shot.</summary>
    public required IReadOnlyList<InputImage> References { get; init; }

    /// <summary>The recipe's ignore rule in pixels of these pictures, or null.</summary>
    public IgnoreMask? Ignore { get; init; }

    public string? OverlayFolder { get; init; }

    public (float Low, float High)? Scale { get; init; }

    public float? MapThreshold { get; init; }

    public string? DumpFile { get; init; }

    public bool DumpLayers { get; init; }

    /// <summary>0 = one per core.</summary>
    public int Threads { get; init; }

    /// <summary>What runs the networks.</summary>
    public required ProviderSettings Providers { get; init; }

    /// <summary>The request with its ignore mask, when everything fits.</summary>
    /// <exception cref="UsageException">Something does not; nothing was written.</exception>
    public static InspectRequest Check(InspectRequest request)
    {
        if (request.Scale is not null && request.OverlayFolder is null)
            throw new UsageException("--scale is the heatmaps' colour scale: --out DIR is expected with it");
        if (request.DumpLayers && request.DumpFile is null)
            throw new UsageException("--dump-layers adds to a dump: --dump FILE is expected with it");
        if (request.References.FirstOrDefault(r => r.Fault is not null) is { } bad)
            throw new UsageException($"--reference {bad.Fault}");
        if (request.References.Count == 0 && (request.Recipe.UsedBranches & Branches.Language) == 0)
            throw new UsageException("the recipe's branches all compare with good parts: --reference IMAGE... is expected");
        request = request with { Images = InputImage.WithFolders(request.Images) };
        CheckNames(request);
        if (request.DumpFile is { } dump)
            CheckDump(request, dump);
        CheckRegion(request);
        return request with { Ignore = IgnoreMaskFile.ToMask(request) };
    }

    private static void CheckNames(InspectRequest request)
    {
        if (request.DumpFile is null && request.OverlayFolder is null)
            return;
        foreach (var same in request.Images.GroupBy(i => i.Stem, StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new UsageException(
                $"{string.Join(" and ", same.Select(i => i.Path).Take(3))}: results are named without the file's extension, "
                    + $"'{same.Key}', which must be different for each picture"
            );
    }

    private static void CheckDump(InspectRequest request, string file)
    {
        if (request.Images.Count > MaxDumpedImages)
            throw new UsageException(
                $"--dump: {request.Images.Count} pictures, a dump takes at most {MaxDumpedImages}; inspect them in several runs"
            );
        if (Directory.Exists(file))
            throw new UsageException($"--dump {file}: is a folder; a file name is expected");
        OutputFolder.EnsureWritable("--dump", Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    private static void CheckRegion(InspectRequest request)
    {
        if (request.Recipe.Region is not { } region)
            return;
        foreach (InputImage image in request.Images.Concat(request.References))
        {
            if (image.Header is { } h && !region.IsInside(h.Width, h.Height))
                throw new UsageException($"{image.Path}: {h.Width}x{h.Height} pixels, the recipe's region {region} does not lie inside");
        }
    }
}
