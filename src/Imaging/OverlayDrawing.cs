using System.Globalization;
using OpenCvSharp;

namespace ClipFusion.Imaging;

/// <summary>Lines and letters of the heatmap.</summary>
internal static class OverlayDrawing
{
    /// <summary>Width of the strip for the colour bar and its two numbers, in proportion to the picture.</summary>
    public static int BarWidth(int height) => Math.Clamp(height / 8, 40, 240);

    public static unsafe void Draw(
        Span<byte> rgb,
        int width,
        int height,
        int pictureWidth,
        IReadOnlyList<Region> boxes,
        float low,
        float high,
        byte[] colours
    )
    {
        fixed (byte* pixels = rgb)
        {
            using Mat canvas = Mat.FromPixelData(height, width, MatType.CV_8UC3, (nint)pixels);
            int thickness = Math.Max(1, height / 400);
            using (Mat picture = canvas.SubMat(0, height, 0, pictureWidth))
            {
                foreach (Region area in boxes)
                {
                    // One pixel outside the box where there is room, so that the line hides nothing of the area; dark below light reads on
                    // any picture.
                    var box = new Rect(area.X - 1, area.Y - 1, area.Width + 2, area.Height + 2);
                    Cv2.Rectangle(picture, box, Scalar.Black, thickness + 2);
                    Cv2.Rectangle(picture, box, new Scalar(64, 224, 255), thickness);
                }
            }

            if (width > pictureWidth)
                Bar(rgb, canvas, pictureWidth, width - pictureWidth, low, high, colours);
        }
    }

    /// <summary>Draws a line around what lies above a map value.</summary>
    /// <param name="rgb">The overlay.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="pictureWidth">Width of the picture in it.</param>
    /// <param name="map">The map, a value for each pixel of <paramref name="covered"/>.</param>
    /// <param name="covered">The part of the picture that the map is of.</param>
    /// <param name="level">The value.</param>
    /// <param name="ignored">The picture's pixels that count for nothing; empty for none.</param>
    public static unsafe void Outline(
        Span<byte> rgb,
        int width,
        int height,
        int pictureWidth,
        Mat map,
        Region covered,
        float level,
        ReadOnlySpan<bool> ignored
    )
    {
        using var above = new Mat();
        Cv2.Compare(map, new Scalar(level), above, CmpTypes.GT);
        for (int y = 0; y < covered.Height && !ignored.IsEmpty; y++)
        {
            var row = new Span<byte>((void*)above.Ptr(y), covered.Width);
            for (int x = 0; x < row.Length; x++)
            {
                if (ignored[((y + covered.Y) * pictureWidth) + x + covered.X])
                    row[x] = 0;
            }
        }

        Cv2.FindContours(
            above,
            out Point[][] lines,
            out _,
            RetrievalModes.External,
            ContourApproximationModes.ApproxSimple,
            new Point(covered.X, covered.Y)
        );
        if (lines.Length == 0)
            return;
        fixed (byte* pixels = rgb)
        {
            using Mat canvas = Mat.FromPixelData(height, width, MatType.CV_8UC3, (nint)pixels);
            using Mat picture = canvas.SubMat(0, height, 0, pictureWidth);
            int thickness = Math.Max(1, height / 400);
            // Dark below light reads on any picture.
            Cv2.DrawContours(picture, lines, -1, Scalar.Black, thickness + 2);
            Cv2.DrawContours(picture, lines, -1, Scalar.White, thickness);
        }
    }

    private static void Bar(Span<byte> rgb, Mat canvas, int left, int width, float low, float high, byte[] colours)
    {
        int margin = width / 8,
            text = width / 4,
            top = text + (2 * margin),
            bottom = canvas.Height - top;
        for (int y = top; y < bottom; y++)
        {
            int level = 255 - (255 * (y - top) / Math.Max(1, bottom - top - 1));
            Span<byte> row = rgb.Slice(((y * canvas.Width) + left + (2 * margin)) * 3, (width - (4 * margin)) * 3);
            for (int x = 0; x < row.Length; x += 3)
                colours.AsSpan(level * 3, 3).CopyTo(row[x..]);
        }

        Label(canvas, high, left + margin, margin + text, width - (2 * margin));
        Label(canvas, low, left + margin, canvas.Height - margin, width - (2 * margin));
    }

    private static void Label(Mat canvas, float value, int x, int baseline, int width)
    {
        string text = value.ToString("0.###", CultureInfo.InvariantCulture);
        Size size = Cv2.GetTextSize(text, HersheyFonts.HersheySimplex, 1, 1, out _);
        double scale = Math.Min((double)width / size.Width, width / 2.5 / size.Height);
        Cv2.PutText(
            canvas,
            text,
            new Point(x, baseline),
            HersheyFonts.HersheySimplex,
            scale,
            Scalar.White,
            Math.Max(1, width / 80),
            LineTypes.AntiAlias
        );
    }
}
