using System.Text.Json;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

public sealed class PillowResamplerTests
{
    private static readonly (int W, int H, int ToW, int ToH)[] EdgeCases =
    [
        (1, 1, 1, 1),
        (1, 1, 7, 5),
        (1, 40, 9, 9),
        (40, 1, 9, 9),
        (2, 3, 240, 240),
        (5000, 3, 2, 9),
        (3, 5000, 9, 2),
        (4000, 6, 1, 1),
        (33, 47, 33, 20),
        (33, 47, 20, 47),
        (33, 47, 33, 47),
        (241, 239, 240, 240),
        (97, 131, 224, 224),
        (16, 16, 17, 15),
        (500, 500, 499, 501),
    ];

    public static TheoryData<bool> Paths => [true, false];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Resize_PillowGoldens_AreEqualByteForByte(bool portable)
    {
        var golden = new GoldenFile(Fixtures.Path("components", "preprocess.safetensors"));
        var resampler = new PillowResampler(portable);
        for (int i = 0; i < 4; i++)
        {
            RgbImage image = ImageCodec.Decode(Fixtures.Path("components", $"pre{i}.png"));
            foreach (
                (ResampleFilter filter, int size) in new[]
                {
                    (ResampleFilter.Bicubic, 240),
                    (ResampleFilter.Bicubic, 224),
                    (ResampleFilter.Bicubic, 336),
                    (ResampleFilter.Bilinear, 512),
                    (ResampleFilter.Bilinear, 256),
                }
            )
            {
                byte[] result = new byte[size * size * 3];
                resampler.ResizeSquare(
                    image.View,
                    size,
                    CropMode.Squash,
                    filter,
                    result,
                    cancellation: TestContext.Current.CancellationToken
                );
                string name = $"pre{i}.{(filter == ResampleFilter.Bicubic ? "bicubic" : "bilinear")}.{size}";
                Assert.True(golden.Bytes(name).SequenceEqual(result), name);
            }
        }
    }

    [Theory]
    [InlineData("tiny-a")]
    [InlineData("tiny-c")]
    public void Resize_ModelGoldens_AreEqualByteForByte(string fixture)
    {
        var golden = new GoldenFile(Fixtures.Path(fixture, "golden.safetensors"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Fixtures.Path(fixture, "golden.json")));
        var resampler = new PillowResampler();
        int i = 0,
            compared = 0;
        foreach (JsonElement entry in json.RootElement.GetProperty("images").EnumerateArray())
        {
            RgbImage image = ImageCodec.Decode(Fixtures.Path(fixture, entry.GetProperty("file").GetString()!));
            if (entry.GetProperty("role").GetString() == "query")
            {
                byte[] clip = new byte[240 * 240 * 3],
                    diffusion = new byte[512 * 512 * 3];
                resampler.Resize(image.View, 240, 240, ResampleFilter.Bicubic, clip);
                resampler.Resize(image.View, 512, 512, ResampleFilter.Bilinear, diffusion);
                Assert.True(golden.Bytes($"q{i}.clip.resized_u8").SequenceEqual(clip));
                Assert.True(golden.Bytes($"q{i}.diff.resized_u8").SequenceEqual(diffusion));
                compared++;
            }

            i++;
        }

        Assert.Equal(3, compared);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Resize_EdgeAndRandomSizes_EqualTheScalarReference(bool portable)
    {
        var random = new Random(20240607);
        var resampler = new PillowResampler(portable);
        IEnumerable<(int W, int H, int ToW, int ToH)> sizes = EdgeCases.Concat(
            Enumerable.Range(0, 60).Select(_ => (random.Next(1, 400), random.Next(1, 300), random.Next(1, 300), random.Next(1, 300)))
        );
        foreach ((int w, int h, int toW, int toH) in sizes)
        {
            byte[] rgb = Noise(random, w * h * 3);
            foreach (ResampleFilter filter in Enum.GetValues<ResampleFilter>())
            {
                byte[] result = new byte[toW * toH * 3];
                resampler.Resize(rgb, w, h, w * 3, toW, toH, filter, result);
                Assert.True(
                    ReferenceResampler.Resize(rgb, w, h, toW, toH, filter).AsSpan().SequenceEqual(result),
                    $"{w}x{h} to {toW}x{toH} {filter}"
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Resize_OtherFormatsAndStrides_EqualTheirRgbConversion(bool portable)
    {
        var random = new Random(7);
        var resampler = new PillowResampler(portable);
        foreach (
            PixelFormat format in new[] { PixelFormat.Mono8, PixelFormat.BGR8, PixelFormat.RGBa8, PixelFormat.BGRa8, PixelFormat.RGB8 }
        )
        {
            foreach ((int w, int h, int toW, int toH) in EdgeCases)
            {
                int stride = w * format.BytesPerPixel() + random.Next(0, 5);
                var view = new ImageView(Noise(random, stride * h), w, h, stride, format);
                byte[] direct = new byte[toW * toH * 3],
                    viaRgb = new byte[toW * toH * 3];
                resampler.Resize(view, toW, toH, ResampleFilter.Bicubic, direct);
                resampler.Resize(PixelConverter.ToRgb(view).View, toW, toH, ResampleFilter.Bicubic, viaRgb);
                Assert.True(viaRgb.AsSpan().SequenceEqual(direct), $"{format} {w}x{h} to {toW}x{toH}");
            }
        }
    }

    [Theory]
    [InlineData(301, 200)]
    [InlineData(200, 302)]
    [InlineData(97, 97)]
    [InlineData(60, 61)]
    public void ResizeSquare_Centre_IsTheMiddleOfTheScaledPicture(int width, int height)
    {
        byte[] rgb = Noise(new Random(width), width * height * 3);
        const int Size = 64;
        SquareFit fit = SquareFit.Of(width, height, Size, CropMode.Centre);
        byte[] scaled = ReferenceResampler.Resize(rgb, width, height, fit.ScaledWidth, fit.ScaledHeight, ResampleFilter.Bicubic);
        byte[] result = new byte[Size * Size * 3];
        new PillowResampler().ResizeSquare(
            new ImageView(rgb, width, height, width * 3, PixelFormat.RGB8),
            Size,
            CropMode.Centre,
            ResampleFilter.Bicubic,
            result,
            cancellation: TestContext.Current.CancellationToken
        );

        ImageView middle = new ImageView(scaled, fit.ScaledWidth, fit.ScaledHeight, fit.ScaledWidth * 3, PixelFormat.RGB8).Crop(
            new Region(fit.Left, fit.Top, Size, Size)
        );
        Assert.Equal(PixelConverter.ToRgb(middle).Pixels, result);
    }

    // Numbers of torchvision's Resize(240) and CenterCrop(240): int(240 * 301 / 200) = 361, (361 - 240) / 2 = 60.5 to even = 60; 363 gives
    // 61.5 to 62.
    [Theory]
    [InlineData(301, 200, 361, 240, 60, 0)]
    [InlineData(200, 303, 240, 363, 0, 62)]
    [InlineData(500, 500, 240, 240, 0, 0)]
    [InlineData(2448, 2048, 286, 240, 23, 0)]
    public void SquareFit_Centre_HasTorchvisionsNumbers(int width, int height, int scaledWidth, int scaledHeight, int left, int top) =>
        Assert.Equal(new SquareFit(scaledWidth, scaledHeight, left, top), SquareFit.Of(width, height, 240, CropMode.Centre));

    [Fact]
    public void Resize_ViewOfALargerFrame_ReadsNothingOutsideTheView()
    {
        byte[] frame = Noise(new Random(3), 50 * 60 * 3);
        var region = new Region(11, 13, 23, 29);
        ImageView crop = new ImageView(frame, 50, 60, 150, PixelFormat.RGB8).Crop(region);
        byte[] direct = new byte[40 * 31 * 3],
            copied = new byte[40 * 31 * 3];
        var resampler = new PillowResampler();
        resampler.Resize(crop, 40, 31, ResampleFilter.Bicubic, direct);
        resampler.Resize(PixelConverter.ToRgb(crop).View, 40, 31, ResampleFilter.Bicubic, copied);
        Assert.Equal(copied, direct);
    }

    [Fact]
    public void Resize_AfterTheFirstCall_AllocatesNothing()
    {
        var resampler = new PillowResampler();
        byte[] frame = Noise(new Random(4), 640 * 480 * 3),
            result = new byte[240 * 240 * 3];
        for (int i = 0; i < 3; i++)
            resampler.Resize(frame, 640, 480, 1920, 240, 240, ResampleFilter.Bicubic, result);
        long before = GC.GetAllocatedBytesForCurrentThread();
        resampler.Resize(frame, 640, 480, 1920, 240, 240, ResampleFilter.Bicubic, result);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Resize_WrongInput_SaysWhatIsExpected()
    {
        var resampler = new PillowResampler();
        byte[] bytes = new byte[100],
            result = new byte[12];
        Assert.Contains(
            "PixelConverter",
            Assert
                .Throws<ArgumentException>(() =>
                    resampler.Resize(new ImageView(bytes, 5, 5, 10, PixelFormat.Mono12), 2, 2, ResampleFilter.Bilinear, result)
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "need 27 bytes, 12 given",
            Assert
                .Throws<ArgumentException>(() =>
                    resampler.Resize(new ImageView(bytes, 5, 5, 15, PixelFormat.RGB8), 3, 3, ResampleFilter.Bilinear, result)
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    private static byte[] Noise(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        // Hard edges make overshoot, which has to be clamped the same way.
        if (count > 2 && random.Next(2) == 0)
            for (int i = 0; i < count; i++)
                bytes[i] = (byte)(bytes[i] > 127 ? 255 : 0);
        return bytes;
    }
}
