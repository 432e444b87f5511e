using ClipFusion.Imaging;

namespace ClipFusion.Inspection.Calibration;

/// <summary>
/// Copies of a reference as the line might have shown it too: a little moved, a little turned, a little brighter or darker. They stand in
/// for further good parts while there are few, as pictures that are judged; none of them is a reference.
/// </summary>
public static class ReferenceCopies
{
    /// <summary>From so many references on none are made.</summary>
    public const int EnoughReferences = 8;

    private const double Move = 0.02,
        Turn = 2 * Math.PI / 180;

    private static readonly (double Move, double Turn, double Brightness)[] Ways =
    [
        (Move, 0, 1),
        (-Move, 0, 1),
        (0, Turn, 1.05),
        (0, -Turn, 0.95),
    ];

    /// <summary>Copies of each reference.</summary>
    public static int Count => Ways.Length;

    /// <summary>Makes one: moved right and down by 2 % of width and height, or as much left and up; turned by 2 degrees with brightness
    /// times 1.05, or by -2 degrees times 0.95. Edges are mirrored, values in between are bilinear.</summary>
    /// <param name="picture">The reference.</param>
    /// <param name="copy">0 to <see cref="Count"/> - 1.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    public static RgbImage Make(RgbImage picture, int copy, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(picture);
        (double move, double turn, double brightness) = Ways[copy];
        (int width, int height) = (picture.Width, picture.Height);
        (double cos, double sin) = (Math.Cos(turn), Math.Sin(turn));
        double centreX = (width - 1) / 2.0,
            centreY = (height - 1) / 2.0;
        var made = new RgbImage(width, height);
        Parallel.For(
            0,
            height,
            new ParallelOptions { CancellationToken = cancellation },
            y =>
            {
                for (int x = 0; x < width; x++)
                {
                    // Where this pixel was: moved and turned back.
                    double dx = x - (move * width) - centreX,
                        dy = y - (move * height) - centreY;
                    Sample(
                        picture,
                        centreX + (cos * dx) + (sin * dy),
                        centreY - (sin * dx) + (cos * dy),
                        brightness,
                        made.Pixels.AsSpan(3 * ((y * width) + x), 3)
                    );
                }
            }
        );
        return made;
    }

    private static void Sample(RgbImage picture, double x, double y, double brightness, Span<byte> into)
    {
        double floorX = Math.Floor(x),
            floorY = Math.Floor(y);
        double right = x - floorX,
            down = y - floorY;
        int x0 = Mirror((int)floorX, picture.Width),
            x1 = Mirror((int)floorX + 1, picture.Width),
            y0 = Mirror((int)floorY, picture.Height) * picture.Width,
            y1 = Mirror((int)floorY + 1, picture.Height) * picture.Width;
        ReadOnlySpan<byte> pixels = picture.Pixels;
        for (int c = 0; c < into.Length; c++)
        {
            double above = (pixels[(3 * (y0 + x0)) + c] * (1 - right)) + (pixels[(3 * (y0 + x1)) + c] * right),
                below = (pixels[(3 * (y1 + x0)) + c] * (1 - right)) + (pixels[(3 * (y1 + x1)) + c] * right);
            into[c] = (byte)Math.Clamp(Math.Round(((above * (1 - down)) + (below * down)) * brightness), 0, 255);
        }
    }

    /// <summary>A place beyond the edge as the one that lies as far before it, the edge's own pixel first.</summary>
    private static int Mirror(int place, int length)
    {
        place = Math.Abs(place < 0 ? place + 1 : place);
        place %= 2 * length;
        return place < length ? place : (2 * length) - 1 - place;
    }
}
