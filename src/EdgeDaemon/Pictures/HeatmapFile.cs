using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// Heatmaps as they are published, never larger than asked for: first with less quality, then with fewer pixels, the same way every time.
/// For one thread.
/// </summary>
/// <param name="picture">Draws.</param>
/// <param name="limit">Most bytes of a file.</param>
internal sealed class HeatmapFile(FramePicture picture, int limit)
{
    /// <summary>Longest side of the frame in an overlay, which is wider by its colour scale.</summary>
    public const int LongestSide = 1920;

    /// <summary>Text of a map's PNG: what 0 and 65535 stand for.</summary>
    public const string ScaleKeyword = "Scale";

    /// <summary>Text of a map's PNG: left, top, width and height of what it covers, in frame pixels.</summary>
    public const string RegionKeyword = "Region";

    private const int LeastSide = 16;

    private static readonly int[] Qualities = [90, 75, 60];

    private readonly ArrayBufferWriter<byte> _plain = new(),
        _file = new();
    private PixelBuffer _deep;

    /// <summary>The heatmap of a judged frame.</summary>
    /// <param name="frame">A frame with a map.</param>
    /// <param name="format">As what.</param>
    /// <returns>The file, valid until the next call, and its media type.</returns>
    /// <exception cref="ImageFormatException">The frame can't be decoded.</exception>
    /// <exception cref="InvalidOperationException">Not even the smallest picture fits.</exception>
    public (ReadOnlyMemory<byte> File, string ContentType) Of(KeptFrame frame, HeatmapFormat format) =>
        format switch
        {
            HeatmapFormat.Jpeg => (Overlay(frame, Qualities, Jpeg), "image/jpeg"),
            HeatmapFormat.Png => (Overlay(frame, [0], Png), "image/png"),
            _ => (Map(frame), "image/png"),
        };

    private ReadOnlyMemory<byte> Overlay(KeptFrame frame, int[] qualities, Encoder encode)
    {
        ImageView pixels = picture.Pixels(frame);
        string id = frame.Verdict.Inspection.Id;
        int whole = Math.Min(LongestSide, Math.Max(pixels.Width, pixels.Height));
        // A frame that is smaller than the least side is tried as it is.
        for (int side = whole; side >= Math.Min(whole, LeastSide); side = side * 3 / 4)
        {
            ImageView overlay = picture.Overlay(
                picture.Shrunk(pixels, frame.Recipe.Method, side),
                frame,
                pixels.Width,
                pixels.Height,
                withBar: true
            );
            foreach (int quality in qualities)
            {
                encode(overlay, quality, id);
                if (_file.WrittenCount <= limit)
                    return _file.WrittenMemory;
            }
        }

        throw new InvalidOperationException(
            $"the heatmap of inspection {id} has {_file.WrittenCount} bytes at its smallest; {limit} are allowed"
        );
    }

    private void Jpeg(ImageView overlay, int quality, string id)
    {
        Clear();
        ImageCodec.EncodeJpeg(overlay, _plain, quality);
        ImageComment.AddToJpeg(_plain.WrittenSpan, id, _file);
    }

    private void Png(ImageView overlay, int quality, string id)
    {
        Clear();
        ImageCodec.EncodePng(overlay, _plain);
        ImageComment.AddToPng(_plain.WrittenSpan, [(ImageComment.CommentKeyword, id)], _file);
    }

    private ReadOnlyMemory<byte> Map(KeptFrame frame)
    {
        PooledAnomalyMap map = frame.Map ?? throw new ArgumentException("a map is needed", nameof(frame));
        Span<byte> bytes = _deep.Of(map.Width * map.Height * sizeof(ushort));
        Span<ushort> deep = MemoryMarshal.Cast<byte, ushort>(bytes);
        ReadOnlySpan<float> values = map.Values;
        // What is not a number fails the comparison and is 0.
        for (int i = 0; i < values.Length; i++)
            deep[i] = values[i] > 0 ? (ushort)(Math.Min(values[i] / HeatScale.Greatest, 1) * ushort.MaxValue + 0.5f) : (ushort)0;
        Region covered = map.Covered;
        Clear();
        ImageCodec.EncodePng(new ImageView(bytes, map.Width, map.Height, map.Width * sizeof(ushort), PixelFormat.Mono16), _plain);
        ImageComment.AddToPng(
            _plain.WrittenSpan,
            [
                (ImageComment.CommentKeyword, frame.Verdict.Inspection.Id),
                (ScaleKeyword, "0..2"),
                (RegionKeyword, string.Create(CultureInfo.InvariantCulture, $"{covered.X} {covered.Y} {covered.Width} {covered.Height}")),
            ],
            _file
        );
        return _file.WrittenCount <= limit
            ? _file.WrittenMemory
            : throw new InvalidOperationException(
                $"the map of inspection {frame.Verdict.Inspection.Id} has {_file.WrittenCount} bytes; {limit} are allowed"
            );
    }

    private void Clear()
    {
        _plain.ResetWrittenCount();
        _file.ResetWrittenCount();
    }

    private delegate void Encoder(ImageView overlay, int quality, string id);
}
