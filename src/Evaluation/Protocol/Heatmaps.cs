using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Results;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>The files of a run's worst pictures.</summary>
/// <param name="Files">From the results' folder, with slashes, by picture: heatmap, and the picture itself.</param>
/// <param name="Scale">The heatmaps' one scale; null for no picture.</param>
internal sealed record DrawnHeatmaps(IReadOnlyDictionary<string, (string Map, string Truth)> Files, HeatmapScale? Scale)
{
    public static DrawnHeatmaps None { get; } = new(new Dictionary<string, (string Map, string Truth)>(), null);

    /// <summary>A picture's score with its files, if it is among the worst.</summary>
    public ImageScore Of(TestImage image, float score) =>
        Files.TryGetValue(image.Id, out (string Map, string Truth) files)
            ? new ImageScore(image.Id, image.Defect, score, files.Map, files.Truth, image.Masks.Count > 0)
            : new ImageScore(image.Id, image.Defect, score, null);
}

/// <summary>Heatmaps of the pictures that a run ranks worst: good ones that score highest and defects that score lowest.</summary>
internal sealed class Heatmaps(string folder)
{
    private const int Each = 3,
        MostPixels = 240;

    private readonly PillowResampler _resampler = new();

    /// <summary>Draws them on one scale, from the median to the largest value of their maps; none where there are no maps.</summary>
    /// <param name="images">The run's pictures.</param>
    /// <param name="name">Where the files go below <c>heatmaps</c>, with slashes.</param>
    public DrawnHeatmaps Draw(IReadOnlyList<JudgedImage> images, string name)
    {
        JudgedImage[] worst =
        [
            .. images
                .Where(i => !i.Image.IsAnomalous)
                .OrderByDescending(i => i.Judgement.Score)
                .ThenBy(i => i.Image.Id, StringComparer.Ordinal)
                .Take(Each),
            .. images
                .Where(i => i.Image.IsAnomalous)
                .OrderBy(i => i.Judgement.Score)
                .ThenBy(i => i.Image.Id, StringComparer.Ordinal)
                .Take(Each),
        ];
        if (worst.Length == 0 || worst[0].Judgement.ReadMap is null)
            return DrawnHeatmaps.None;
        float[][] maps = [.. worst.Select(i => Map(i.Judgement))];
        var files = new Dictionary<string, (string Map, string Truth)>(StringComparer.Ordinal);
        float low = maps.Average(m => MapStatistics.Median(m)),
            high = maps.Max(m => m.Max());
        if (high <= low)
            high = low + 1;
        var numbers = new Dictionary<bool, int>();
        for (int i = 0; i < worst.Length; i++)
        {
            bool missed = worst[i].Image.IsAnomalous;
            int number = numbers[missed] = numbers.GetValueOrDefault(missed, -1) + 1;
            string file = $"heatmaps/{name}/{(missed ? "missed" : "false-alarm")}-{number}",
                map = $"{file}.jpg",
                truth = $"{file}-picture.jpg";
            RgbImage picture = ImageCodec.DecodeStored(worst[i].Image.Path).ToRgb();
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, map))!);
            AtomicFile.Write(
                Path.Combine(folder, map),
                Durability.PowerCut,
                stream => Render(picture, worst[i].Judgement, maps[i], low, high, stream)
            );
            AtomicFile.Write(Path.Combine(folder, truth), Durability.PowerCut, stream => RenderTruth(picture, worst[i].Image, stream));
            files.Add(worst[i].Image.Id, (map, truth));
        }

        return new DrawnHeatmaps(files, new HeatmapScale(low, high));
    }

    private static float[] Map(Judgement judgement)
    {
        float[] map = new float[MostPixels * MostPixels];
        judgement.ReadMap!(MostPixels, MostPixels, map);
        return map;
    }

    private void Render(RgbImage picture, Judgement judgement, float[] map, float low, float high, Stream stream)
    {
        RgbImage overlay = HeatmapOverlay.Render(
            picture,
            map,
            MostPixels,
            MostPixels,
            new OverlayOptions
            {
                Low = low,
                High = high,
                Region = judgement.Covered,
                ColourBar = false,
            }
        );
        ImageCodec.EncodeJpeg(Small(overlay).View, stream);
    }

    private void RenderTruth(RgbImage picture, TestImage image, Stream stream)
    {
        RgbImage small = Small(picture);
        if (image.Masks.Count > 0)
            MaskOutline.Draw(DefectMask.Read(image.Masks), small);
        ImageCodec.EncodeJpeg(small.View, stream);
    }

    private RgbImage Small(RgbImage image)
    {
        double scale = Math.Min(1, (double)MostPixels / Math.Max(image.Width, image.Height));
        var small = new RgbImage(Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
        _resampler.Resize(image.View, small.Width, small.Height, ResampleFilter.Bilinear, small.Pixels);
        return small;
    }
}
