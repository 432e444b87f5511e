using System.Globalization;
using System.Net;
using System.Text;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Results;

/// <summary>Small drawings with axes as inline SVG.</summary>
internal static class HtmlDrawings
{
    private const int Side = 220,
        Left = 58,
        Top = 10,
        Right = 14,
        Bottom = 40,
        Bins = 40;

    /// <summary>A curve over 0..1 x 0..1.</summary>
    /// <param name="points">From the left to the right.</param>
    /// <param name="across">What is on the horizontal axis.</param>
    /// <param name="up">What is on the vertical axis.</param>
    /// <param name="diagonal">Whether guessing is drawn, a diagonal.</param>
    public static string Curve(IReadOnlyList<double[]> points, string across, string up, bool diagonal)
    {
        StringBuilder svg = Begin(across, up, $"{up} over {across}");
        for (int i = 0; i <= 4; i++)
        {
            Across(svg, i / 4.0, (i / 4.0).ToString("0.##", CultureInfo.InvariantCulture));
            Up(svg, i / 4.0, (i / 4.0).ToString("0.##", CultureInfo.InvariantCulture));
        }

        if (diagonal)
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"guess\" x1=\"{Left}\" y1=\"{Top + Side}\" x2=\"{Left + Side}\" y2=\"{Top}\"/>"
            );
        string path = string.Join(
            ' ',
            points.Select(p => FormattableString.Invariant($"{Left + (p[0] * Side):0.#},{Top + ((1 - p[1]) * Side):0.#}"))
        );
        return svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"curve\" points=\"{Left},{Top + Side} {path}\"/></svg>")
            .ToString();
    }

    /// <summary>How often each score occurs, as a share of the good and of the defective pictures, with a threshold.</summary>
    public static string Histogram(IReadOnlyList<ImageScore> images, float? threshold)
    {
        float low = images.Min(i => i.Score),
            high = images.Max(i => i.Score),
            range = high > low ? high - low : 1;
        StringBuilder svg = Begin("image score", "share of the pictures", "Histogram of image scores");
        var sides = images
            .GroupBy(i => i.Defect == TestImage.Good)
            .OrderByDescending(g => g.Key)
            .Select(g => (Good: g.Key, Shares: Shares([.. g], low, range)))
            .ToArray();
        double most = sides.Max(s => s.Shares.Max());
        for (int i = 0; i <= 4; i++)
        {
            Across(svg, i / 4.0, (low + (range * i / 4)).ToString("0.###", CultureInfo.InvariantCulture));
            Up(svg, i / 4.0, (100 * most * i / 4).ToString("0.#", CultureInfo.InvariantCulture) + "%");
        }

        foreach ((bool good, double[] shares) in sides)
        {
            for (int bin = 0; bin < Bins; bin++)
            {
                double height = shares[bin] / most * Side;
                if (height > 0)
                    svg.Append(
                        CultureInfo.InvariantCulture,
                        $"<rect class=\"{(good ? 'n' : 'a')}\" x=\"{Left + (bin * (double)Side / Bins):0.#}\" "
                            + $"y=\"{Top + Side - height:0.#}\" width=\"{(double)Side / Bins:0.#}\" height=\"{height:0.#}\"/>"
                    );
            }
        }

        if (threshold is { } at)
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"threshold\" x1=\"{X(at)}\" y1=\"{Top}\" x2=\"{X(at)}\" y2=\"{Top + Side}\"/>"
            );
        return svg.Append("</svg>").ToString();

        string X(float score) => FormattableString.Invariant($"{Left + ((score - low) / range * Side):0.#}");
    }

    /// <summary>The colours of a heatmap over a grey picture, from where colour begins to full colour.</summary>
    public static string ColourScale(HeatmapScale scale)
    {
        const int Stops = 16,
            Grey = 128;
        ReadOnlySpan<byte> colours = HeatmapOverlay.Palette;
        var stops = new string[Stops + 1];
        for (int i = 0; i <= Stops; i++)
        {
            double t = (double)i / Stops,
                opacity = HeatmapOverlay.Opacity(t);
            ReadOnlySpan<byte> colour = colours.Slice((int)(t * 255) * 3, 3);
            int red = Mix(colour[0]),
                green = Mix(colour[1]),
                blue = Mix(colour[2]);
            stops[i] = FormattableString.Invariant($"rgb({red},{green},{blue})");
            int Mix(byte value) => (int)((Grey * (1 - opacity)) + (value * opacity));
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"<div class=\"scale\"><span>{scale.Low:0.####}</span><span class=\"bar\" style=\"background:linear-gradient(to "
                + $"right,{string.Join(',', stops)})\"></span><span>{scale.High:0.####}</span> anomaly map, shown on mid-grey</div>\n"
        );
    }

    private static double[] Shares(ImageScore[] images, float low, float range)
    {
        double[] shares = new double[Bins];
        foreach (ImageScore image in images)
            shares[Math.Min(Bins - 1, (int)((image.Score - low) / range * Bins))] += 1.0 / images.Length;
        return shares;
    }

    private static StringBuilder Begin(string across, string up, string title)
    {
        int width = Left + Side + Right,
            height = Top + Side + Bottom;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">"
        );
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{Left}\" y=\"{Top}\" width=\"{Side}\" height=\"{Side}\"/>");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"axis\" x=\"{Left + (Side / 2)}\" y=\"{height - 6}\">{WebUtility.HtmlEncode(across)}</text>"
        );
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"axis\" transform=\"rotate(-90)\" x=\"{-(Top + (Side / 2))}\" y=\"11\">{WebUtility.HtmlEncode(up)}</text>"
        );
        return svg;
    }

    private static void Across(StringBuilder svg, double at, string label)
    {
        string x = FormattableString.Invariant($"{Left + (at * Side):0.#}");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<line class=\"grid\" x1=\"{x}\" y1=\"{Top}\" x2=\"{x}\" y2=\"{Top + Side + 4}\"/><text class=\"tick\" x=\"{x}\" "
                + $"y=\"{Top + Side + 16}\">{label}</text>"
        );
    }

    private static void Up(StringBuilder svg, double at, string label)
    {
        string y = FormattableString.Invariant($"{Top + ((1 - at) * Side):0.#}");
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left - 4}\" y1=\"{y}\" x2=\"{Left + Side}\" y2=\"{y}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick up\" x=\"{Left - 6}\" y=\"{y}\">{label}</text>");
    }
}
