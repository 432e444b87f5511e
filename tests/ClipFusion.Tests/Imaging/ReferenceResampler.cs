using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

/// <summary>Pillow's two passes written down once more, one channel value at a time, with nothing shared with the product.</summary>
internal static class ReferenceResampler
{
    public static byte[] Resize(byte[] rgb, int width, int height, int targetWidth, int targetHeight, ResampleFilter filter)
    {
        byte[] wide = Pass(rgb, height, width, 3, targetWidth, filter);
        return Transpose(
            Pass(Transpose(wide, height, targetWidth), targetWidth, height, 3, targetHeight, filter),
            targetWidth,
            targetHeight
        );
    }

    /// <summary>Resamples lines of pixels to another length.</summary>
    private static byte[] Pass(byte[] source, int lines, int length, int channels, int target, ResampleFilter filter)
    {
        if (length == target)
            return source;
        byte[] result = new byte[lines * target * channels];
        double s = (double)length / target,
            support = (filter == ResampleFilter.Bicubic ? 2 : 1) * Math.Max(s, 1);
        for (int i = 0; i < target; i++)
        {
            double c = (i + 0.5) * s;
            int from = Math.Max(0, (int)(c - support + 0.5)),
                to = Math.Min(length, (int)(c + support + 0.5));
            double[] w = [.. Enumerable.Range(from, to - from).Select(x => Weight(filter, (x - c + 0.5) * (1 / Math.Max(s, 1))))];
            double sum = 0;
            foreach (double v in w)
                sum += v;
            int[] fixedPoint = [.. w.Select(v => (int)Math.Round(v / sum * (1 << 22), MidpointRounding.AwayFromZero))];
            for (int line = 0; line < lines; line++)
            {
                for (int ch = 0; ch < channels; ch++)
                {
                    int total = 1 << 21;
                    for (int k = 0; k < fixedPoint.Length; k++)
                        total += fixedPoint[k] * source[(((line * length) + from + k) * channels) + ch];
                    result[(((line * target) + i) * channels) + ch] = (byte)Math.Clamp(total >> 22, 0, 255);
                }
            }
        }

        return result;
    }

    private static double Weight(ResampleFilter filter, double x)
    {
        x = Math.Abs(x);
        if (filter == ResampleFilter.Bilinear)
            return Math.Max(0, 1 - x);
        if (x < 1)
            return ((1.5 * x - 2.5) * x * x) + 1;
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    }

    private static byte[] Transpose(byte[] rgb, int rows, int columns)
    {
        byte[] result = new byte[rgb.Length];
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            rgb.AsSpan(((r * columns) + c) * 3, 3).CopyTo(result.AsSpan(((c * rows) + r) * 3));
        return result;
    }
}
