using System.Globalization;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Cli.Inspect;

/// <summary>What a heatmap is drawn from, besides its map.</summary>
/// <param name="Image">The picture, decoded again when it is drawn.</param>
/// <param name="Covered">The part of it that the map covers.</param>
/// <param name="Regions">Areas to draw, in its pixels.</param>
/// <param name="Ignore">What of it is not judged.</param>
/// <param name="Levels">Grey levels of deep grey, or null.</param>
internal sealed record HeatmapSource(
    InputImage Image,
    Region Covered,
    IReadOnlyList<AnomalyRegion> Regions,
    IgnoreMask? Ignore,
    GreyLevels? Levels
);

/// <summary>The colour scale of a run, and where it comes from in a few words.</summary>
internal sealed record OverlayScale(float Low, float High, string Origin)
{
    /// <summary>The scale for a request.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="reach">What good parts' maps reach; null = not known.</param>
    public static OverlayScale Of(InspectRequest request, float? reach)
    {
        if (request.Scale is { } given)
            return new(given.Low, given.High, "as given");
        (float low, float high) = HeatScale.Of(reach, request.MapThreshold);
        return new(
            low,
            high,
            (reach, request.MapThreshold) switch
            {
                (not null, not null) => "from what the references' maps reach to the map threshold and half as far beyond",
                (not null, null) => "from what the references' maps reach to twice that",
                (null, not null) => "to the map threshold and a quarter of it beyond",
                _ => "nothing says what good parts reach: two references or more would, or a map threshold",
            }
        );
    }
}

/// <summary>Heatmaps of one run, all on one colour scale.</summary>
internal sealed class OverlayFolder
{
    private readonly string _folder;
    private int _written;

    private OverlayFolder(string folder) => _folder = folder;

    /// <summary>What colours stand for; to be set before the first map.</summary>
    public OverlayScale Scale { get; set; } = new(0, 1, "");

    /// <summary>The map value that is outlined; null = none.</summary>
    public float? Outline { get; set; }

    /// <summary>One line about what was written; null where there was nothing.</summary>
    public string? Summary =>
        _written == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"heatmaps in {_folder}: {_written}, coloured from {Scale.Low:0.####} to {Scale.High:0.####} ({Scale.Origin})"
            );

    /// <summary>Makes the folder where it is missing.</summary>
    /// <exception cref="UsageException">The folder can't be made or written to.</exception>
    public static OverlayFolder Open(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out {folder}: can't be made: {e.Message}", e);
        }

        OutputFolder.EnsureWritable("--out", folder);
        return new OverlayFolder(folder);
    }

    /// <summary>Draws a map on its picture.</summary>
    public void Add(HeatmapSource source, AnomalyMap map)
    {
        RgbImage picture = ImageCodec.DecodeStored(source.Image.Path).ToRgb(source.Levels);
        var options = new OverlayOptions
        {
            Low = Scale.Low,
            High = Scale.High,
            Outline = Outline,
            Region = source.Covered,
            Boxes = [.. source.Regions.Select(r => r.Box)],
            Ignore = source.Ignore,
        };
        RgbImage overlay = HeatmapOverlay.Render(picture, map.Values, map.Width, map.Height, options);
        string file = Path.Combine(_folder, source.Image.Stem + InputImage.OverlaySuffix);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        AtomicFile.Write(file, Durability.Process, stream => ImageCodec.EncodePng(overlay.View, stream));
        _written++;
    }
}
