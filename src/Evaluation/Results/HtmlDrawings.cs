using System.Globalization;
using System.Text;

namespace ClipFusion.Evaluation.Results;

/// <summary>Small drawings as inline SVG.</summary>
internal static class HtmlDrawings
{
    private const int Side = 200, Bins = 40;

    /// <summary>A curve over 0..1 x 0..1.</summary>
    public static string Curve(IReadOnlyList<double[]> points)
    {
        string path = string.Join(' ', points.Select(p => FormattableString.Invariant($"{p[0] * Side:0.#},{(1 - p[1]) * Side:0.#}")));
        return $"<svg width=\"{Side}\" height=\"{Side}\"><polyline points=\"0,{Side} {path}\" fill=\"none\" stroke=\"#36c\" stroke-width=\"1.5\"/></svg>";
    }

    /// <summary>How often each score occurs, good and defect each on its own scale.</summary>
    public static string Histogram(IReadOnlyList<ImageScore> images)
    {
        float low = images.Min(i => i.Score), range = Math.Max(images.Max(i => i.Score) - low, float.Epsilon);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg width=\"{Side}\" height=\"{Side}\">");
        foreach (IGrouping<bool, ImageScore> side in images.GroupBy(i => i.Defect == Datasets.TestImage.Good).OrderByDescending(g => g.Key))
        {
            int[] counts = new int[Bins];
            foreach (ImageScore image in side) counts[Math.Min(Bins - 1, (int)((image.Score - low) / range * Bins))]++;
            for (int bin = 0; bin < Bins; bin++)
            {
                double height = (double)counts[bin] / counts.Max() * Side;
                if (height > 0) svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(side.Key ? 'n' : 'a')}\" x=\"{bin * Side / Bins}\" y=\"{Side - height:0.#}\" width=\"{Side / Bins}\" height=\"{height:0.#}\"/>");
            }
        }

        return svg.Append("</svg>").ToString();
    }
}
