using ClipFusion.Inspection.Imaging;

namespace ClipFusion.EdgeDaemon.CommandLine.Inspect;

/// <summary>A recipe's ignore rule in the pixels of the pictures at hand.</summary>
internal static class IgnoreMaskFile
{
    /// <summary>The mask; null where the recipe ignores nothing.</summary>
    /// <exception cref="UsageException">The pictures' sizes differ, the mask is not theirs or can't be read, or a rectangle leaves them.</exception>
    public static IgnoreMask? ToMask(InspectRequest request)
    {
        if (request.Recipe.Ignore is not { } rule || FrameSize(request) is not var (width, height)) return null;
        byte[] pixels = rule.MaskFile is { } file ? FromFile(Path.Combine(request.RecipeFolder, file), width, height) : FromRectangles(rule.Regions, width, height);
        return new IgnoreMask(new ImageView(pixels, width, height, width, PixelFormat.Mono8));
    }

    /// <summary>The size that all pictures share; null where none can be read.</summary>
    private static (int Width, int Height)? FrameSize(InspectRequest request)
    {
        InputImage[] readable = [.. request.Images.Concat(request.References).Where(i => i.Header is not null)];
        if (readable.Length == 0) return null;
        (int width, int height) = (readable[0].Header!.Width, readable[0].Header!.Height);
        if (readable.FirstOrDefault(i => i.Header!.Width != width || i.Header.Height != height) is { } other)
            throw new UsageException($"{other.Path}: {other.Header!.Width}x{other.Header.Height} pixels, {readable[0].Path} has {width}x{height}; the recipe ignores parts of the frame, so all pictures must be of one size");
        return (width, height);
    }

    private static byte[] FromFile(string path, int width, int height)
    {
        DecodedImage mask;
        try
        {
            mask = ImageCodec.DecodeStored(path);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the recipe's ignore mask can't be read: {e.Message}", e);
        }

        if (mask.Header.Width != width || mask.Header.Height != height)
            throw new UsageException($"the recipe's ignore mask {path} has {mask.Header.Width}x{mask.Header.Height} pixels, the pictures have {width}x{height}");
        int bytes = mask.Header.Pixels.BytesPerPixel();
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = mask.Pixels.AsSpan(i * bytes, bytes).ContainsAnyExcept((byte)0) ? byte.MaxValue : (byte)0;
        return pixels;
    }

    private static byte[] FromRectangles(IEnumerable<Region> rectangles, int width, int height)
    {
        byte[] pixels = new byte[width * height];
        foreach (Region r in rectangles)
        {
            if (!r.IsInside(width, height)) throw new UsageException($"the recipe ignores {r}, which does not lie inside the pictures of {width}x{height} pixels");
            for (int y = r.Y; y < r.Y + r.Height; y++) pixels.AsSpan(y * width + r.X, r.Width).Fill(byte.MaxValue);
        }

        return pixels;
    }
}
