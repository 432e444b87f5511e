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
    private readonly int _backboneSize = manifest.Backbone?.ImageSize ?? 0;

    /// <summary>Prepares a frame.</summary>
    /// <param name="frame">The camera's pixels; borrowed.</param>
    /// <param name="wanted">The branches whose networks' inputs are wanted.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <param name="quarterTurns">By how many quarters, 0..3, what is judged of the frame is turned clockwise before it is
    /// squeezed.</param>
    /// <param name="cancellation">Ends the preparation between two rows of a result.</param>
    /// <exception cref="ArgumentException">The recipe's region is not inside the frame, or its grey levels don't fit the
    /// format.</exception>
    public void Run(ImageView frame, Branches wanted, PreparedImage into, int quarterTurns = 0, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Region region = recipe.Region ?? Region.Whole(frame.Width, frame.Height);
        region.EnsureInside(frame.Width, frame.Height);
        into.Accept(
            frame.Width,
            frame.Height,
            Covered(region),
            (wanted & Branches.Clip) != 0 ? _clipSize : 0,
            (wanted & Branches.Diff) != 0 ? _diffusionSize : 0,
            wanted.HasFlag(Branches.BackboneVision) ? _backboneSize : 0
        );
        if (!frame.Format.IsDeepGrey() && !frame.Format.IsBayer())
        {
            Turn(frame.Crop(region), into, quarterTurns, cancellation);
            return;
        }

        bool grey = frame.Format.IsDeepGrey();
        int bytes = region.Width * region.Height * (grey ? 1 : 3);
        byte[] rented = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            Span<byte> pixels = rented.AsSpan(0, bytes);
            if (grey)
                PixelConverter.ToMono8(frame.Crop(region), pixels, GreyLevels.Of(frame.Format, recipe.BlackLevel, recipe.WhiteLevel));
            else
                PixelConverter.ToRgb(frame, pixels, region);
            Turn(
                new ImageView(
                    pixels,
                    region.Width,
                    region.Height,
                    region.Width * (grey ? 1 : 3),
                    grey ? PixelFormat.Mono8 : PixelFormat.RGB8
                ),
                into,
                quarterTurns,
                cancellation
            );
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Turn(ImageView part, PreparedImage into, int quarterTurns, CancellationToken cancellation)
    {
        if (quarterTurns == 0)
        {
            Resize(part, into, cancellation);
            return;
        }

        int bytes = QuarterTurn.ByteCount(part);
        byte[] rented = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            Resize(QuarterTurn.Of(part, quarterTurns, rented.AsSpan(0, bytes)), into, cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Resize(ImageView part, PreparedImage into, CancellationToken cancellation)
    {
        if (into.Clip.Length > 0)
            resampler.ResizeSquare(part, _clipSize, recipe.Crop, ResampleFilter.Bicubic, into.Clip, cancellation);
        if (into.Diffusion.Length > 0)
            resampler.ResizeSquare(part, _diffusionSize, recipe.Crop, ResampleFilter.Bilinear, into.Diffusion, cancellation);
        if (into.Backbone.Length > 0 && !ReferenceEquals(into.Backbone, into.Clip))
            resampler.ResizeSquare(part, _backboneSize, recipe.Crop, ResampleFilter.Bicubic, into.Backbone, cancellation);
    }

    /// <summary>What the networks see of the region, and so what the maps cover: all of it, or its centre square.</summary>
    private Region Covered(Region region)
    {
        if (recipe.Crop == CropMode.Squash)
            return region;
        int size = _diffusionSize > 0 ? _diffusionSize : _backboneSize;
        SquareFit fit = SquareFit.Of(region.Width, region.Height, size, recipe.Crop);
        int Scale(int cells, int pixels, int scaled) => (int)Math.Round((double)cells * pixels / scaled);
        int left = Scale(fit.Left, region.Width, fit.ScaledWidth),
            top = Scale(fit.Top, region.Height, fit.ScaledHeight);
        int right = Scale(fit.Left + size, region.Width, fit.ScaledWidth),
            bottom = Scale(fit.Top + size, region.Height, fit.ScaledHeight);
        return new Region(region.X + left, region.Y + top, right - left, bottom - top);
    }
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

    /// <summary>RGB [S, S, 3] for the backbone; empty where it has no part, and CLIP's own bytes where both take the same size.</summary>
    public byte[] Backbone { get; private set; } = [];

    /// <summary>The prepared bytes of one network that takes part, whichever it is: for what looks at the picture and not at the
    /// part.</summary>
    public byte[] Any =>
        Clip.Length > 0 ? Clip
        : Diffusion.Length > 0 ? Diffusion
        : Backbone;

    internal void Accept(int frameWidth, int frameHeight, Region region, int clipSide, int diffusionSide, int backboneSide)
    {
        (FrameWidth, FrameHeight, Region) = (frameWidth, frameHeight, region);
        Clip = Fitting(Clip, clipSide);
        Diffusion = Fitting(Diffusion, diffusionSide);
        // Both are bicubic, so that equal sizes are equal bytes.
        bool shared = backboneSide > 0 && backboneSide == clipSide;
        Backbone =
            shared ? Clip
            : ReferenceEquals(Backbone, Clip) ? Fitting([], backboneSide)
            : Fitting(Backbone, backboneSide);
    }

    private static byte[] Fitting(byte[] kept, int side) => kept.Length == side * side * 3 ? kept : new byte[side * side * 3];
}
