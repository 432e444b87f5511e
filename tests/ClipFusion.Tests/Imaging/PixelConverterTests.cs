using System.Buffers.Binary;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

public sealed class PixelConverterTests
{
    [Theory]
    [InlineData(PixelFormat.RGB8, new byte[] { 1, 2, 3 })]
    [InlineData(PixelFormat.BGR8, new byte[] { 3, 2, 1 })]
    [InlineData(PixelFormat.RGBa8, new byte[] { 1, 2, 3, 0 })]
    [InlineData(PixelFormat.BGRa8, new byte[] { 3, 2, 1, 128 })]
    public void ToRgb_ColourFormats_OrderChannelsAndDropAlpha(PixelFormat format, byte[] pixel)
    {
        // Wide enough for whole vectors and a rest, each pixel different.
        const int Width = 37,
            Height = 3;
        byte[] source = [.. Enumerable.Range(0, Width * Height).SelectMany(i => pixel.Select(v => (byte)(v + i)))];
        byte[] expected = [.. Enumerable.Range(0, Width * Height).SelectMany(i => new[] { (byte)(1 + i), (byte)(2 + i), (byte)(3 + i) })];
        Assert.Equal(expected, PixelConverter.ToRgb(new ImageView(source, Width, Height, Width * pixel.Length, format)).Pixels);
    }

    [Fact]
    public void ToRgb_GreyRegionWithPaddedRows_RepeatsExactlyTheRegion()
    {
        byte[] source = [.. Enumerable.Range(0, 11 * 6).Select(i => (byte)i)];
        var view = new ImageView(source, 9, 6, 11, PixelFormat.Mono8);
        Assert.Equal([24, 24, 24, 25, 25, 25, 35, 35, 35, 36, 36, 36], PixelConverter.ToRgb(view, new Region(2, 2, 2, 2)).Pixels);
    }

    [Theory]
    [InlineData(PixelFormat.Mono10, 1023)]
    [InlineData(PixelFormat.Mono12, 4095)]
    [InlineData(PixelFormat.Mono16, 65535)]
    public void ToMono8_FullRange_RoundsEveryValueToTheNearest(PixelFormat format, int white)
    {
        byte[] source = new byte[2 * (white + 1)],
            grey = new byte[white + 1];
        for (int v = 0; v <= white; v++)
            BinaryPrimitives.WriteUInt16LittleEndian(source.AsSpan(2 * v), (ushort)v);
        for (int from = 0; from <= white; from += 1024)
        {
            int n = Math.Min(1024, white + 1 - from);
            PixelConverter.ToMono8(new ImageView(source.AsSpan(2 * from), n, 1, 2 * n, format), grey.AsSpan(from));
        }

        for (int v = 0; v <= white; v++)
            Assert.Equal((byte)Math.Floor(((decimal)v * 255 / white) + 0.5m), grey[v]);
    }

    [Fact]
    public void GreyLevels_AnyLevels_EqualTheDecimalFormulaWithHalvesUp()
    {
        var random = new Random(5);
        Assert.Equal(128, new GreyLevels(0, 510).Map(255)); // 127.5
        for (int i = 0; i < 20000; i++)
        {
            int black = random.Next(0, 65535),
                white = random.Next(black + 1, 65536),
                v = random.Next(0, 65536);
            decimal exact = Math.Clamp((decimal)(v - black) * 255 / (white - black), 0, 255);
            Assert.Equal((byte)Math.Floor(exact + 0.5m), new GreyLevels(black, white).Map((ushort)v));
        }
    }

    [Fact]
    public void ToRgb_DeepGreyWithLevels_IsRepeatedInThreeChannels()
    {
        byte[] source = [0, 0, 100, 0, 150, 0, 200, 0, 0xFF, 0x0F];
        byte[] rgb = PixelConverter.ToRgb(new ImageView(source, 5, 1, 10, PixelFormat.Mono12), null, new GreyLevels(100, 200)).Pixels;
        Assert.Equal([0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255, 255, 255, 255], rgb);
    }

    [Theory]
    [InlineData(PixelFormat.BayerRG8, 0, 0)]
    [InlineData(PixelFormat.BayerGR8, 1, 0)]
    [InlineData(PixelFormat.BayerGB8, 0, 1)]
    [InlineData(PixelFormat.BayerBG8, 1, 1)]
    public void ToRgb_MosaicOfASmoothPicture_GivesItsColours(PixelFormat format, int shiftX, int shiftY)
    {
        const int Width = 40,
            Height = 30;
        byte[] mosaic = new byte[Width * Height];
        for (int y = 0; y < Height; y++)
        for (int x = 0; x < Width; x++)
            mosaic[y * Width + x] = Colour(x, y)[((x + shiftX) & 1) + ((y + shiftY) & 1)];
        RgbImage rgb = PixelConverter.ToRgb(new ImageView(mosaic, Width, Height, Width, format));
        for (int y = 1; y < Height - 1; y++)
        for (int x = 1; x < Width - 1; x++)
        for (int c = 0; c < 3; c++)
            Assert.InRange(rgb.Pixels[((y * Width) + x) * 3 + c], Colour(x, y)[c] - 2, Colour(x, y)[c] + 2);

        static byte[] Colour(int x, int y) => [(byte)(40 + x), (byte)(120 + y), (byte)(200 - x)];
    }

    [Fact]
    public void ToRgb_RegionOfAMosaic_EqualsTheSameRegionOfTheWholeConversion()
    {
        const int Width = 23,
            Height = 19;
        byte[] mosaic = new byte[Width * Height];
        new Random(9).NextBytes(mosaic);
        var view = new ImageView(mosaic, Width, Height, Width, PixelFormat.BayerGR8);
        RgbImage whole = PixelConverter.ToRgb(view);
        var random = new Random(10);
        for (int i = 0; i < 300; i++)
        {
            int x = random.Next(Width),
                y = random.Next(Height);
            var region = new Region(x, y, random.Next(1, Width - x + 1), random.Next(1, Height - y + 1));
            Assert.True(
                PixelConverter.ToRgb(whole.View, region).Pixels.AsSpan().SequenceEqual(PixelConverter.ToRgb(view, region).Pixels),
                region.ToString()
            );
        }
    }

    [Fact]
    public void ImageView_MissingBytes_SaysHowManyAreNeeded()
    {
        byte[] bytes = new byte[100];
        Assert.Contains(
            "need 105 bytes, 100 given",
            Assert
                .Throws<ArgumentException>(() =>
                {
                    _ = new ImageView(bytes, 5, 7, 15, PixelFormat.RGB8);
                })
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "stride 14",
            Assert
                .Throws<ArgumentException>(() =>
                {
                    _ = new ImageView(bytes, 5, 2, 14, PixelFormat.RGB8);
                })
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1..65535",
            Assert
                .Throws<ArgumentException>(() =>
                {
                    _ = new ImageView(bytes, 0, 2, 14, PixelFormat.RGB8);
                })
                .Message,
            StringComparison.Ordinal
        );
        Assert.Equal(100, new ImageView(bytes, 5, 6, 17, PixelFormat.RGB8).Pixels.Length);
    }

    [Fact]
    public void ImagingNative_MissingLibrary_SaysWhatIsMissingAndWhereItComesFrom()
    {
        Exception? failure = ImagingNative.Try(() =>
            throw new TypeInitializationException(
                "OpenCvSharp.NativeMethods",
                new DllNotFoundException("libgtk-3.so.0: cannot open shared object file")
            )
        );
        Assert.NotNull(failure);
        string message = ImagingNative.Describe(failure);
        Assert.Contains("libgtk-3.so.0: cannot open", message, StringComparison.Ordinal);
        Assert.Contains("libgtk-3-0", message, StringComparison.Ordinal);
        Assert.Contains("Jetson", message, StringComparison.Ordinal);
        ImagingNative.EnsureLoaded();
    }
}
