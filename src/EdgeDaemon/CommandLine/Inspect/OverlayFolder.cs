using System.Globalization;
using System.Runtime.InteropServices;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.EdgeDaemon.CommandLine.Inspect;

/// <summary>What a heatmap is drawn from, besides its map.</summary>
/// <param name="Image">The picture, decoded again when it is drawn.</param>
/// <param name="Covered">The part of it that the map covers.</param>
/// <param name="Regions">Areas to draw, in its pixels.</param>
/// <param name="Ignore">What of it is not judged.</param>
/// <param name="Levels">Grey levels of deep grey, or null.</param>
internal sealed record HeatmapSource(InputImage Image, Region Covered, IReadOnlyList<AnomalyRegion> Regions, IgnoreMask? Ignore, GreyLevels? Levels);

/// <summary>
/// Heatmaps of one run on one colour scale. A given scale draws each at once; else the maps wait in a scratch file, whatever their number, until
/// the scale of all of them is known.
/// </summary>
internal sealed class OverlayFolder : IDisposable
{
    private readonly string _folder;
    private readonly (float Low, float High)? _given;
    private readonly FileStream _maps;
    private readonly MapRange _range = new();
    private readonly List<(HeatmapSource Source, int Width, int Height)> _waiting = [];
    private int _written;

    private OverlayFolder(string folder, (float Low, float High)? scale, FileStream maps) => (_folder, _given, _maps) = (folder, scale, maps);

    /// <summary>One line about what was written; null before that, and when there was nothing.</summary>
    public string? Summary { get; private set; }

    /// <summary>Makes the folder where it is missing.</summary>
    /// <exception cref="UsageException">The folder can't be made or written to.</exception>
    public static OverlayFolder Open(string folder, (float Low, float High)? scale)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out {folder}: can't be made: {e.Message}", e);
        }

        return new OverlayFolder(folder, scale, OutputFolder.OpenScratch("--out", folder));
    }

    /// <summary>Takes a map; it is copied.</summary>
    public void Add(HeatmapSource source, AnomalyMap map)
    {
        if (_given is { } scale)
        {
            Draw(source, map.Values, map.Width, map.Height, scale);
            return;
        }

        _range.Add(map.Values, source.Ignore?.Ignored(map.Width, map.Height, source.Covered));
        _maps.Write(MemoryMarshal.AsBytes(map.Values.AsSpan()));
        _waiting.Add((source, map.Width, map.Height));
    }

    /// <summary>Draws what waits.</summary>
    public void Finish(CancellationToken cancellation)
    {
        (float Low, float High) scale = _given ?? _range.Scale();
        _maps.Position = 0;
        foreach ((HeatmapSource source, int width, int height) in _waiting)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] values = new float[width * height];
            _maps.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            Draw(source, values, width, height, scale);
        }

        _waiting.Clear();
        if (_written == 0) return;
        string origin = _given is null ? "from the median to the largest value of this run's maps" : "as given";
        Summary = string.Create(CultureInfo.InvariantCulture, $"heatmaps in {_folder}: {_written}, coloured from {scale.Low:0.####} to {scale.High:0.####} ({origin})");
    }

    public void Dispose() => _maps.Dispose();

    private void Draw(HeatmapSource source, float[] map, int width, int height, (float Low, float High) scale)
    {
        RgbImage picture = ImageCodec.DecodeStored(source.Image.Path).ToRgb(source.Levels);
        var options = new OverlayOptions { Low = scale.Low, High = scale.High, Region = source.Covered, Regions = source.Regions, Ignore = source.Ignore };
        RgbImage overlay = HeatmapOverlay.Render(picture, map, width, height, options);
        OutputFolder.WriteFile(Path.Combine(_folder, source.Image.Stem + InputImage.OverlaySuffix), file => ImageCodec.EncodePng(overlay.View, file));
        _written++;
    }
}
