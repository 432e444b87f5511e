using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;

namespace ClipFusion.Cli.Inspect;

/// <summary>A recipe's ignore rule in the pixels of the pictures at hand.</summary>
internal static class IgnoreMaskFile
{
    /// <summary>The mask; null where the recipe ignores nothing.</summary>
    /// <exception cref="UsageException">The pictures' sizes differ, the mask is not theirs or can't be read, or a rectangle leaves
    /// them.</exception>
    public static IgnoreMask? ToMask(InspectRequest request)
    {
        if (request.Recipe.Ignore is not { } rule || FrameSize(request) is not var (width, height))
            return null;
        try
        {
            return IgnoreMasks.Of(rule, request.RecipeFolder, width, height);
        }
        catch (IgnoreMaskException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    /// <summary>The size that all pictures share; null where none can be read.</summary>
    private static (int Width, int Height)? FrameSize(InspectRequest request)
    {
        InputImage[] readable = [.. request.Images.Concat(request.References).Where(i => i.Header is not null)];
        if (readable.Length == 0)
            return null;
        (int width, int height) = (readable[0].Header!.Width, readable[0].Header!.Height);
        if (readable.FirstOrDefault(i => i.Header!.Width != width || i.Header.Height != height) is { } other)
            throw new UsageException(
                $"{other.Path}: {other.Header!.Width}x{other.Header.Height} pixels, {readable[0].Path} has {width}x{height}; the "
                    + "recipe ignores parts of the frame, so all pictures must be of one size"
            );
        return (width, height);
    }
}
