using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>A recipe's ignore rule in the pixels of its frames.</summary>
internal static class IgnoreMasks
{
    /// <summary>The mask for pictures of a known size.</summary>
    /// <param name="rule">What is ignored.</param>
    /// <param name="folder">Where the mask file is looked for.</param>
    /// <param name="width">Columns of the pictures.</param>
    /// <param name="height">Their rows.</param>
    /// <param name="pictures">What the pictures are, for messages.</param>
    /// <exception cref="IgnoreMaskException">The mask file has another size or can't be read, or a rectangle leaves the
    /// pictures.</exception>
    public static IgnoreMask Of(IgnoreRule rule, string folder, int width, int height, string pictures = "the pictures")
    {
        byte[] pixels;
        if (rule.MaskFile is { } file)
        {
            string path = Path.Combine(folder, file);
            DecodedImage mask = Read(path, "ignore mask", ImageCodec.DecodeStored);
            if (mask.Header.Width != width || mask.Header.Height != height)
                throw new IgnoreMaskException(
                    $"the recipe's ignore mask {path} has {mask.Header.Width}x{mask.Header.Height} pixels, {pictures} have {width}x{height}"
                );
            pixels = NotZero(mask);
        }
        else
        {
            pixels = Fill(rule.Regions, width, height, pictures);
        }

        return new IgnoreMask(new ImageView(pixels, width, height, width, PixelFormat.Mono8));
    }

    /// <summary>
    /// The mask of a recipe whose frames have yet to come: their size is that of the mask file, of the references and of the recipe's image
    /// checks, which all have to say the same.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="folder">Where its files are.</param>
    /// <returns>The mask; null where the recipe ignores nothing.</returns>
    /// <exception cref="IgnoreMaskException">The size is unknown or the sizes differ, or the rule does not fit them.</exception>
    public static IgnoreMask? Of(StationRecipe recipe, string folder)
    {
        if (recipe.Method.Ignore is not { } rule)
            return null;
        List<(string Who, int Width, int Height)> sizes = [];
        if (recipe.Checks is { Width: { } checkedWidth, Height: { } checkedHeight })
            sizes.Add(("imageChecks", checkedWidth, checkedHeight));
        if (rule.MaskFile is { } mask)
            sizes.Add(SizeOf(Path.Combine(folder, mask), "ignore mask"));
        foreach (string reference in recipe.References)
            sizes.Add(SizeOf(Path.Combine(folder, reference), "reference"));
        if (sizes.Count == 0)
            throw new IgnoreMaskException(
                "it ignores rectangles, but nothing says how large the frames are: references or imageChecks with width and height are "
                    + "expected"
            );
        (string who, int width, int height) = sizes[0];
        foreach ((string other, int otherWidth, int otherHeight) in sizes)
        {
            if ((otherWidth, otherHeight) != (width, height))
                throw new IgnoreMaskException(
                    $"{other} has {otherWidth}x{otherHeight} pixels, {who} {width}x{height}; the recipe ignores parts of the frame, so "
                        + "both must be of the frames' size"
                );
        }

        return Of(rule, folder, width, height, "the frames");
    }

    private static (string Who, int Width, int Height) SizeOf(string path, string what)
    {
        ImageHeader header = Read(path, what, ImageCodec.ReadHeader);
        return ($"{what} {path}", header.Width, header.Height);
    }

    private static T Read<T>(string path, string what, Func<string, DecodeLimits?, T> read)
    {
        try
        {
            return read(path, null);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new IgnoreMaskException($"the recipe's {what} can't be read: {e.Message}", e);
        }
    }

    private static byte[] NotZero(DecodedImage mask)
    {
        int bytes = mask.Header.Pixels.BytesPerPixel();
        byte[] pixels = new byte[mask.Header.Width * mask.Header.Height];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = mask.Pixels.AsSpan(i * bytes, bytes).ContainsAnyExcept((byte)0) ? byte.MaxValue : (byte)0;
        return pixels;
    }

    private static byte[] Fill(IEnumerable<Region> rectangles, int width, int height, string pictures)
    {
        byte[] pixels = new byte[checked(width * height)];
        foreach (Region r in rectangles)
        {
            if (!r.IsInside(width, height))
                throw new IgnoreMaskException($"the recipe ignores {r}, which does not lie inside {pictures} of {width}x{height} pixels");
            for (int y = r.Y; y < r.Y + r.Height; y++)
                pixels.AsSpan(y * width + r.X, r.Width).Fill(byte.MaxValue);
        }

        return pixels;
    }
}

/// <summary>A recipe's ignore rule does not fit its pictures; the message names file and sizes.</summary>
internal sealed class IgnoreMaskException(string message, Exception? inner = null) : Exception(message, inner);
