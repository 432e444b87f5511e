using System.Buffers;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection;

/// <summary>
/// Step 3: from a frame in any format to the bytes that the networks take. The recipe's region is cut out, grey levels are mapped,
/// mosaics are interpolated, and the result is squeezed to each network's square exactly as Pillow does it.
/// </summary>
/// <param name="manifest">The networks' input sizes.</param>
/// <param name="recipe">Region, crop and grey levels.</param>
/// <param name="resampler">Used by one thread at a time.</param>
public sealed class Preparation(PackManifest manifest, Recipe recipe, PillowResampler resampler)
{
    private readonly int _clipSize = manifest.Clip?.ImageSize ?? 0;
    private readonly int _diffusionSize = manifest.Diffusion?.ImageSize ?? 0;

    /// <summary>Prepares a frame.</summary>
    /// <param name="frame">The camera's pixels; borrowed.</param>
    /// <param name="clip">Whether CLIP's input is wanted.</param>
    /// <param name="diffusion">Whether the VAE's input is wanted.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <param name="cancellation">Ends the preparation between two rows of a result.</param>
    /// <exception cref="ArgumentException">The recipe's region is not inside the frame, or its grey levels don't fit the
    /// format.</exception>
    public void Run(ImageView frame, bool clip, bool diffusion, PreparedImage into, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Region region = recipe.Region ?? Region.Whole(frame.Width, frame.Height);
        region.EnsureInside(frame.Width, frame.Height);
        into.Accept(frame.Width, frame.Height, Covered(region), clip ? Square(_clipSize) : 0, diffusion ? Square(_diffusionSize) : 0);
        if (!frame.Format.IsDeepGrey() && !frame.Format.IsBayer())
        {
            Resize(frame.Crop(region), into, clip, diffusion, cancellation);
            return;
        }

        bool grey = frame.Format.IsDeepGrey();
        int bytes = region.Width * region.Height * (grey ? 1 : 3);
        byte[] rented = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            Span<byte> pixels = rented.AsSpan(0, bytes);
            if (grey)
                PixelConverter.ToMono8(frame.Crop(region), pixels, Levels(frame.Format));
            else
                PixelConverter.ToRgb(frame, pixels, region);
            Resize(
                new ImageView(
                    pixels,
                    region.Width,
                    region.Height,
                    region.Width * (grey ? 1 : 3),
                    grey ? PixelFormat.Mono8 : PixelFormat.RGB8
                ),
                into,
                clip,
                diffusion,
                cancellation
            );
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Resize(ImageView part, PreparedImage into, bool clip, bool diffusion, CancellationToken cancellation)
    {
        if (clip)
            resampler.ResizeSquare(part, _clipSize, recipe.Crop, ResampleFilter.Bicubic, into.Clip, cancellation);
        if (diffusion)
            resampler.ResizeSquare(part, _diffusionSize, recipe.Crop, ResampleFilter.Bilinear, into.Diffusion, cancellation);
    }

    /// <summary>What the networks see of the region, and so what the maps cover: all of it, or its centre square.</summary>
    private Region Covered(Region region)
    {
        if (recipe.Crop == CropMode.Squash)
            return region;
        SquareFit fit = SquareFit.Of(region.Width, region.Height, _diffusionSize, recipe.Crop);
        int Scale(int cells, int pixels, int scaled) => (int)Math.Round((double)cells * pixels / scaled);
        int left = Scale(fit.Left, region.Width, fit.ScaledWidth),
            top = Scale(fit.Top, region.Height, fit.ScaledHeight);
        int right = Scale(fit.Left + _diffusionSize, region.Width, fit.ScaledWidth),
            bottom = Scale(fit.Top + _diffusionSize, region.Height, fit.ScaledHeight);
        return new Region(region.X + left, region.Y + top, right - left, bottom - top);
    }

    private GreyLevels Levels(PixelFormat format) => new(recipe.BlackLevel ?? 0, recipe.WhiteLevel ?? format.MaxGrey());

    private static int Square(int size) => size * size * 3;
}

/// <summary>What the networks take of one frame. Buffers are kept from frame to frame.</summary>
public sealed class PreparedImage
{
    /// <summary>Width of the frame it came from, in pixels.</summary>
    public int FrameWidth { get; private set; }

    /// <summary>Height of the frame it came from, in pixels.</summary>
    public int FrameHeight { get; private set; }

    /// <summary>The part of the frame that the maps cover: the recipe's region, or with centre crop its centre square to the nearest
    /// pixel.</summary>
    public Region Region { get; private set; }

    /// <summary>RGB [S, S, 3] for CLIP; empty where CLIP has no part.</summary>
    public byte[] Clip { get; private set; } = [];

    /// <summary>RGB [S, S, 3] for the VAE; empty where the diffusion model has no part.</summary>
    public byte[] Diffusion { get; private set; } = [];

    internal void Accept(int frameWidth, int frameHeight, Region region, int clipBytes, int diffusionBytes)
    {
        (FrameWidth, FrameHeight, Region) = (frameWidth, frameHeight, region);
        if (Clip.Length != clipBytes)
            Clip = new byte[clipBytes];
        if (Diffusion.Length != diffusionBytes)
            Diffusion = new byte[diffusionBytes];
    }
}
