using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Results;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Heatmaps of the pictures that a run ranks worst: good ones that score highest and defects that score lowest.</summary>
internal sealed class Heatmaps(string folder)
{
    private const int Each = 3, MostPixels = 240;

    private readonly PillowResampler _resampler = new();

    /// <summary>Draws them on one scale, from the median to the largest value of their maps.</summary>
    /// <param name="images">The run's pictures.</param>
    /// <param name="name">Where the files go below <c>heatmaps</c>, with slashes.</param>
    /// <returns>The files from the results' folder, with slashes, by picture.</returns>
    public IReadOnlyDictionary<string, string> Draw(IReadOnlyList<JudgedImage> images, string name)
    {
        JudgedImage[] worst =
        [
            .. images.Where(i => !i.Image.IsAnomalous).OrderByDescending(i => i.Judgement.Score).ThenBy(i => i.Image.Id, StringComparer.Ordinal).Take(Each),
            .. images.Where(i => i.Image.IsAnomalous).OrderBy(i => i.Judgement.Score).ThenBy(i => i.Image.Id, StringComparer.Ordinal).Take(Each),
        ];
        float[][] maps = [.. worst.Select(i => Map(i.Judgement))];
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        if (worst.Length == 0) return files;
        float low = maps.Average(m => MapStatistics.Median(m)), high = maps.Max(m => m.Max());
        for (int i = 0; i < worst.Length; i++)
        {
            string file = $"heatmaps/{name}/{(worst[i].Image.IsAnomalous ? "missed" : "false-alarm")}-{i % Each}.jpg";
            WholeFile.Write(Path.Combine(folder, file), stream => Render(worst[i], maps[i], low, high > low ? high : low + 1, stream));
            files.Add(worst[i].Image.Id, file);
        }

        return files;
    }

    private static float[] Map(Judgement judgement)
    {
        float[] map = new float[MostPixels * MostPixels];
        judgement.ReadMap(MostPixels, MostPixels, map);
        return map;
    }

    private void Render(JudgedImage image, float[] map, float low, float high, Stream stream)
    {
        RgbImage picture = ImageCodec.DecodeStored(image.Image.Path).ToRgb();
        RgbImage overlay = HeatmapOverlay.Render(picture, map, MostPixels, MostPixels, new OverlayOptions { Low = low, High = high, Region = image.Judgement.Covered, ColourBar = false });
        double scale = Math.Min(1, (double)MostPixels / Math.Max(overlay.Width, overlay.Height));
        var small = new RgbImage(Math.Max(1, (int)(overlay.Width * scale)), Math.Max(1, (int)(overlay.Height * scale)));
        _resampler.Resize(overlay.View, small.Width, small.Height, ResampleFilter.Bilinear, small.Pixels);
        ImageCodec.EncodeJpeg(small.View, stream);
    }
}
