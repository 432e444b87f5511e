using System.Buffers;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// Resamples 8-bit pictures exactly as Pillow does, byte for byte: a horizontal pass, rounded to 8 bits, then a vertical pass, each skipped
/// where the side keeps its size; weights in fixed point with 22 fractional bits.
/// </summary>
/// <remarks>
/// Thread-safe. Tables are kept per (source size, target size, filter). Between the passes only the rows of one vertical window exist, in a
/// rented ring that fits the cache; after the first call for a size nothing is allocated.
/// </remarks>
/// <param name="portable">Leaves AVX2 unused even where the processor has it. The bytes are the same.</param>
public sealed class PillowResampler(bool portable = false)
{
    // Plenty for the cameras of one box; hostile sizes in a folder must not fill the memory.
    private const int MaxTables = 32;
    private readonly bool _avx2 = ResampleAvx2.IsSupported && !portable;
    private readonly Dictionary<(int Source, int Target, ResampleFilter Filter), ResampleTable> _tables = [];
    private readonly Lock _lock = new();

    /// <summary>Resamples a whole picture.</summary>
    /// <param name="source">Mono8 (resampled once, then repeated), Rgb8, Bgr8, Rgba8 or Bgra8 (alpha is dropped).</param>
    /// <param name="targetWidth">Columns wanted, 1..<see cref="ImageView.MaxSide"/>.</param>
    /// <param name="targetHeight">Rows wanted, 1..<see cref="ImageView.MaxSide"/>.</param>
    /// <param name="filter">Interpolation kernel.</param>
    /// <param name="destination">Receives targetHeight x targetWidth x 3 tightly packed RGB bytes; may be longer.</param>
    /// <exception cref="ArgumentException">The format needs a <see cref="PixelConverter"/> first, a size is out of range or the destination
    /// too short.</exception>
    public void Resize(ImageView source, int targetWidth, int targetHeight, ResampleFilter filter, Span<byte> destination) =>
        Resize(source, targetWidth, targetHeight, Region.Whole(targetWidth, targetHeight), filter, destination);

    /// <summary>Resamples tightly or loosely packed RGB; see
    /// <see cref="Resize(ImageView, int, int, ResampleFilter, Span{byte})"/>.</summary>
    public void Resize(
        ReadOnlySpan<byte> rgb,
        int width,
        int height,
        int stride,
        int targetWidth,
        int targetHeight,
        ResampleFilter filter,
        Span<byte> destination
    ) => Resize(new ImageView(rgb, width, height, stride, PixelFormat.RGB8), targetWidth, targetHeight, filter, destination);

    /// <summary>Resamples a picture to a square; <paramref name="crop"/> says how (<see cref="SquareFit"/>).</summary>
    /// <inheritdoc cref="Resize(ImageView, int, int, ResampleFilter, Span{byte})"/>
    public void ResizeSquare(
        ImageView source,
        int size,
        CropMode crop,
        ResampleFilter filter,
        Span<byte> destination,
        CancellationToken cancellation = default
    )
    {
        SquareFit fit = SquareFit.Of(source.Width, source.Height, size, crop);
        Resize(source, fit.ScaledWidth, fit.ScaledHeight, new Region(fit.Left, fit.Top, size, size), filter, destination, cancellation);
    }

    /// <summary>Resamples to targetWidth x targetHeight but computes only the pixels of <paramref name="window"/>, which fill the
    /// destination.</summary>
    /// <inheritdoc cref="Resize(ImageView, int, int, ResampleFilter, Span{byte})"/>
    public unsafe void Resize(
        ImageView source,
        int targetWidth,
        int targetHeight,
        Region window,
        ResampleFilter filter,
        Span<byte> destination,
        CancellationToken cancellation = default
    )
    {
        if (source.Format is not (PixelFormat.Mono8 or PixelFormat.RGB8 or PixelFormat.BGR8 or PixelFormat.RGBa8 or PixelFormat.BGRa8))
            throw new ArgumentException(
                $"{source.Format} pixels can't be resampled as they are: convert them with PixelConverter first",
                nameof(source)
            );
        int bytes = RgbImage.ByteCount(targetWidth, targetHeight);
        window.EnsureInside(targetWidth, targetHeight);
        bytes = RgbImage.ByteCount(window.Width, window.Height);
        if (destination.Length < bytes)
            throw new ArgumentException(
                $"{window.Width}x{window.Height} RGB pixels need {bytes} bytes, {destination.Length} given",
                nameof(destination)
            );

        ResampleTable? columns = targetWidth == source.Width ? null : Table(source.Width, targetWidth, filter);
        ResampleTable? rows = targetHeight == source.Height ? null : Table(source.Height, targetHeight, filter);
        var horizontal = new HorizontalPass(source, columns, window.X, window.Width, _avx2);
        int channels = horizontal.Channels,
            rowBytes = window.Width * channels;
        int rowStride = (rowBytes + HorizontalPass.Overread + 15) & ~15;
        int slots = rows is null ? HorizontalPass.RowsAtOnce : rows.LongestWindow + HorizontalPass.RowsAtOnce;

        // Layout: the ring, one finished row, padded copies of source rows for vector loads beyond the end of the picture.
        byte[] rented = ArrayPool<byte>.Shared.Rent(
            checked(((slots + 1) * rowStride) + (HorizontalPass.RowsAtOnce * horizontal.PaddedBytes))
        );
        try
        {
            fixed (
                byte* memory = rented,
                    pixels = source.Pixels
            )
            {
                byte* ring = memory,
                    finished = memory + (nint)slots * rowStride;
                horizontal.Begin(pixels, source.Pixels.Length, finished + rowStride);
                int next = rows is null ? window.Y : rows.Start[window.Y];
                int last = rows is null
                    ? window.Y + window.Height
                    : rows.Start[window.Y + window.Height - 1] + rows.Count[window.Y + window.Height - 1];
                for (int y = 0; y < window.Height; y++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int target = window.Y + y,
                        needed = rows is null ? target + 1 : rows.Start[target] + rows.Count[target];
                    while (next < needed)
                        next = horizontal.Produce(next, last, ring, slots, rowStride);

                    byte* row = finished;
                    if (rows is null)
                        row = ring + (nint)(target % slots) * rowStride;
                    else if (_avx2)
                        ResampleAvx2.Vertical(ring, slots, rowStride, rows, target, finished);
                    else
                        ResamplePortable.Vertical(ring, slots, rowStride, rows, target, finished);
                    PixelRows.ToRgb(
                        new ReadOnlySpan<byte>(row, rowBytes),
                        channels == 1 ? PixelFormat.Mono8 : PixelFormat.RGB8,
                        destination.Slice(y * window.Width * 3, window.Width * 3)
                    );
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private ResampleTable Table(int source, int target, ResampleFilter filter)
    {
        lock (_lock)
        {
            if (_tables.TryGetValue((source, target, filter), out ResampleTable? table))
                return table;
            if (_tables.Count >= MaxTables)
                _tables.Clear();
            return _tables[(source, target, filter)] = new ResampleTable(source, target, filter);
        }
    }
}
