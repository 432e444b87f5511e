namespace ClipFusion.Inspection;

/// <summary>Why a frame can't be judged, whatever is on it.</summary>
public enum ImageFault
{
    /// <summary>Nothing is wrong with it.</summary>
    None,

    /// <summary>The frame does not have the expected size.</summary>
    WrongSize,

    /// <summary>The mean brightness is below the least.</summary>
    TooDark,

    /// <summary>The mean brightness is above the greatest, or too many pixels are at full scale.</summary>
    TooBright,

    /// <summary>The focus measure is below the least.</summary>
    Blurred,
}

/// <summary>What was measured on a prepared picture.</summary>
/// <param name="Brightness">Mean grey level, 0..255.</param>
/// <param name="Clipped">Share of pixels with a colour at 255, 0..1: what is there can't be told any more.</param>
/// <param name="Sharpness">Variance of the Laplacian of the grey levels, 0 (flat or out of focus) to some ten thousands.</param>
public readonly record struct ImageMeasures(double Brightness, double Clipped, double Sharpness)
{
    /// <summary>Widest picture that is measured.</summary>
    public const int MaxWidth = 1024;

    /// <summary>
    /// Measures the bytes that the networks take (step 3): 240 x 240 for CLIP. Bounds hold for one size only, because resizing takes the
    /// finest detail away. The grey level is 0.299 R + 0.587 G + 0.114 B, rounded; the Laplacian is the sum of the four neighbours minus
    /// four times the pixel, on all pixels that have four neighbours. Integers throughout, so every machine measures the same. Allocates
    /// nothing.
    /// </summary>
    /// <param name="rgb">RGB, [height, width, 3], tightly packed.</param>
    /// <param name="width">Columns, 3..<see cref="MaxWidth"/>.</param>
    /// <param name="height">Rows, at least 3.</param>
    /// <exception cref="ArgumentException">The size is out of range or not the bytes' size.</exception>
    public static ImageMeasures Of(ReadOnlySpan<byte> rgb, int width, int height)
    {
        if (width is < 3 or > MaxWidth || height is < 3 or > MaxWidth || rgb.Length != width * height * 3)
            throw new ArgumentException(
                $"{rgb.Length} bytes for {width}x{height} pixels: each side must be 3..{MaxWidth} and a pixel has 3 bytes",
                nameof(rgb)
            );

        Span<int> above = stackalloc int[width],
            row = stackalloc int[width],
            below = stackalloc int[width];
        long sum = 0,
            clipped = 0,
            laplacians = 0,
            squares = 0;
        for (int y = 0; y < height; y++)
        {
            // The row that held y - 3 takes row y; the Laplacian of row y - 1 has then all it needs.
            Span<int> oldest = above;
            above = row;
            row = below;
            below = oldest;
            ReadOnlySpan<byte> pixels = rgb.Slice(y * width * 3, width * 3);
            for (int x = 0, i = 0; x < width; x++, i += 3)
            {
                int r = pixels[i],
                    g = pixels[i + 1],
                    b = pixels[i + 2];
                int grey = ((299 * r) + (587 * g) + (114 * b) + 500) / 1000;
                below[x] = grey;
                sum += grey;
                if (Math.Max(r, Math.Max(g, b)) == byte.MaxValue)
                    clipped++;
            }

            for (int x = 1; y >= 2 && x < width - 1; x++)
            {
                long laplacian = above[x] + below[x] + row[x - 1] + row[x + 1] - (4 * row[x]);
                laplacians += laplacian;
                squares += laplacian * laplacian;
            }
        }

        double count = (double)width * height,
            inner = (double)(width - 2) * (height - 2),
            mean = laplacians / inner;
        return new(sum / count, clipped / count, Math.Max(0, (squares / inner) - (mean * mean)));
    }
}

/// <summary>What a recipe demands of a frame before it is judged; null = not checked.</summary>
public sealed record ImageChecks
{
    /// <summary>No demands.</summary>
    public static ImageChecks Off { get; } = new();

    /// <summary>Frame width in pixels, 1..65535.</summary>
    public int? Width { get; init; }

    /// <summary>Frame height in pixels, 1..65535.</summary>
    public int? Height { get; init; }

    /// <summary>Least mean brightness, 0..255.</summary>
    public double? MinBrightness { get; init; }

    /// <summary>Greatest mean brightness, 0..255.</summary>
    public double? MaxBrightness { get; init; }

    /// <summary>Greatest share of clipped pixels, 0..1.</summary>
    public double? MaxClipped { get; init; }

    /// <summary>Least <see cref="ImageMeasures.Sharpness"/>, 0..1,000,000.</summary>
    public double? MinSharpness { get; init; }

    /// <summary>Whether the picture has to be measured at all.</summary>
    public bool NeedsMeasures =>
        MinBrightness is not null || MaxBrightness is not null || MaxClipped is not null || MinSharpness is not null;

    /// <summary>Checks a frame's size; can be asked before the frame is prepared.</summary>
    public ImageFault CheckSize(int frameWidth, int frameHeight) =>
        (Width is int width && width != frameWidth) || (Height is int height && height != frameHeight)
            ? ImageFault.WrongSize
            : ImageFault.None;

    /// <summary>The first check that fails: darkness, brightness, then focus, because a dark or glaring picture has no focus to speak
    /// of.</summary>
    public ImageFault Check(ImageMeasures measured) =>
        measured switch
        {
            _ when measured.Brightness < MinBrightness => ImageFault.TooDark,
            _ when measured.Brightness > MaxBrightness || measured.Clipped > MaxClipped => ImageFault.TooBright,
            _ when measured.Sharpness < MinSharpness => ImageFault.Blurred,
            _ => ImageFault.None,
        };

    /// <summary>All checks on a prepared frame, on the bytes that CLIP takes or, where it has no part, the VAE or else the backbone.
    /// Allocates nothing.</summary>
    /// <param name="image">Step 3.</param>
    public ImageFault Check(PreparedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        ReadOnlySpan<byte> rgb = image.Any;
        return Check(image.FrameWidth, image.FrameHeight, rgb, (int)Math.Sqrt(rgb.Length / 3));
    }

    /// <summary>All checks on a prepared frame, allocating nothing.</summary>
    /// <param name="frameWidth">Columns of the camera's frame.</param>
    /// <param name="frameHeight">Rows of the camera's frame.</param>
    /// <param name="rgb">Prepared bytes, RGB, [side, side, 3].</param>
    /// <param name="side">Side of the prepared square in pixels.</param>
    public ImageFault Check(int frameWidth, int frameHeight, ReadOnlySpan<byte> rgb, int side)
    {
        ImageFault size = CheckSize(frameWidth, frameHeight);
        return size != ImageFault.None || !NeedsMeasures ? size : Check(ImageMeasures.Of(rgb, side, side));
    }
}
