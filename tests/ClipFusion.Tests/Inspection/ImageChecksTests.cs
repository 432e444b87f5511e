using ClipFusion.Inspection;

namespace ClipFusion.Tests.Inspection;

public sealed class ImageChecksTests
{
    private const int Side = 240;

    [Fact]
    public void Of_FlatPicture_HasItsGreyLevelAndNoSharpness() =>
        Assert.Equal(new ImageMeasures(100, 0, 0), ImageMeasures.Of(Picture((_, _) => (100, 100, 100)), Side, Side));

    [Theory]
    [InlineData(255, 0, 0, 76)]
    [InlineData(0, 255, 0, 150)]
    [InlineData(0, 0, 255, 29)]
    public void Of_OneColourAtFullScale_IsClippedAndWeighed(byte r, byte g, byte b, double brightness) =>
        Assert.Equal(new ImageMeasures(brightness, 1, 0), ImageMeasures.Of(Picture((_, _) => (r, g, b)), Side, Side));

    [Fact]
    public void Of_Ramp_HasNoSharpness() => Assert.Equal(0, ImageMeasures.Of(Picture((x, y) => Grey(x)), Side, Side).Sharpness);

    [Fact]
    public void Of_Checkerboard_HasTheVarianceOfItsLaplacian()
    {
        // Every inner pixel of a board of 0 and 100 has a Laplacian of +400 or -400, half of each.
        ImageMeasures measured = ImageMeasures.Of(Picture((x, y) => Grey((x + y) % 2 * 100)), Side, Side);
        Assert.Equal(50, measured.Brightness);
        Assert.Equal(160_000, measured.Sharpness, 6);
    }

    [Fact]
    public void Of_RandomPicture_IsWhatTheDefinitionSays()
    {
        var random = new Random(7);
        byte[] rgb = new byte[17 * 9 * 3];
        random.NextBytes(rgb);
        double[] grey =
        [
            .. Enumerable
                .Range(0, 17 * 9)
                .Select(i => Math.Floor((((299 * rgb[3 * i]) + (587 * rgb[(3 * i) + 1]) + (114 * rgb[(3 * i) + 2])) / 1000.0) + 0.5)),
        ];
        var laplacians = new List<double>();
        for (int y = 1; y < 8; y++)
        {
            for (int x = 1; x < 16; x++)
            {
                int i = (y * 17) + x;
                laplacians.Add(grey[i - 17] + grey[i + 17] + grey[i - 1] + grey[i + 1] - (4 * grey[i]));
            }
        }

        double mean = laplacians.Average();
        ImageMeasures measured = ImageMeasures.Of(rgb, 17, 9);
        Assert.Equal(grey.Average(), measured.Brightness, 9);
        Assert.Equal(laplacians.Average(l => (l - mean) * (l - mean)), measured.Sharpness, 4);
    }

    [Fact]
    public void Of_BlurredPicture_IsLessSharp()
    {
        var random = new Random(3);
        byte[] sharp = new byte[Side * Side * 3],
            blurred = new byte[sharp.Length];
        random.NextBytes(sharp);
        for (int i = 3; i < sharp.Length - 3; i++)
            blurred[i] = (byte)((sharp[i - 3] + sharp[i] + sharp[i + 3]) / 3);
        Assert.True(ImageMeasures.Of(blurred, Side, Side).Sharpness < ImageMeasures.Of(sharp, Side, Side).Sharpness / 2);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(1025, 3)]
    [InlineData(4, 4)]
    public void Of_SizeThatIsNotTheBytes_IsRefused(int width, int height) =>
        Assert.Throws<ArgumentException>(() => ImageMeasures.Of(new byte[27], width, height));

    [Fact]
    public void Check_EachDemand_GivesItsFault()
    {
        var checks = new ImageChecks
        {
            Width = 640,
            Height = 480,
            MinBrightness = 40,
            MaxBrightness = 200,
            MaxClipped = 0.1,
            MinSharpness = 50,
        };
        Assert.Equal(ImageFault.None, checks.Check(new ImageMeasures(40, 0.1, 50)));
        Assert.Equal(ImageFault.TooDark, checks.Check(new ImageMeasures(39.9, 0, 0)));
        Assert.Equal(ImageFault.TooBright, checks.Check(new ImageMeasures(200.1, 0, 99)));
        Assert.Equal(ImageFault.TooBright, checks.Check(new ImageMeasures(100, 0.11, 0)));
        Assert.Equal(ImageFault.Blurred, checks.Check(new ImageMeasures(100, 0, 49)));
        Assert.Equal(ImageFault.WrongSize, checks.CheckSize(641, 480));
        Assert.Equal(ImageFault.WrongSize, checks.CheckSize(640, 479));
        Assert.Equal(ImageFault.None, checks.CheckSize(640, 480));
    }

    [Fact]
    public void Check_PreparedFrame_LooksAtSizeThenPixels()
    {
        byte[] dark = Picture((_, _) => (1, 1, 1));
        var checks = new ImageChecks { Width = 640, MinBrightness = 40 };
        Assert.Equal(ImageFault.WrongSize, checks.Check(1, 1, dark, Side));
        Assert.Equal(ImageFault.TooDark, checks.Check(640, 1, dark, Side));
        Assert.Equal(ImageFault.None, ImageChecks.Off.Check(640, 1, [], 0));
    }

    [Fact]
    public void Check_ManyFrames_AllocatesNothing()
    {
        byte[] rgb = Picture((x, y) => Grey((x * y) % 255));
        var checks = new ImageChecks
        {
            MinBrightness = 1,
            MaxBrightness = 254,
            MaxClipped = 0.5,
            MinSharpness = 1,
        };
        Assert.Equal(ImageFault.None, checks.Check(1, 1, rgb, Side));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            checks.Check(1, 1, rgb, Side);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (byte, byte, byte) Grey(int level) => ((byte)level, (byte)level, (byte)level);

    private static byte[] Picture(Func<int, int, (byte R, byte G, byte B)> colour)
    {
        byte[] rgb = new byte[Side * Side * 3];
        for (int i = 0; i < Side * Side; i++)
            (rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]) = colour(i % Side, i / Side);
        return rgb;
    }
}
