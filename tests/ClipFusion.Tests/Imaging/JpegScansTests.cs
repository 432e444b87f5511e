using ClipFusion.Imaging;
using OpenCvSharp;

namespace ClipFusion.Tests.Imaging;

/// <summary>A JPEG that lacks data is no picture, whatever marker stands at its end.</summary>
public sealed class JpegScansTests
{
    public static TheoryData<bool, bool, int> Kinds =>
        new()
        {
            { false, false, 0 },
            { false, false, 5 },
            { false, true, 0 },
            { false, true, 7 },
            { true, false, 0 },
            { true, false, 5 },
            { true, true, 0 },
            { true, true, 7 },
        };

    [Theory, MemberData(nameof(Kinds))]
    public void Decode_WholeFile_IsTaken_AndWithDataMissingBeforeItsEndMarkerNot(bool progressive, bool colour, int restarts)
    {
        byte[] file = Encode(progressive, colour, restarts);
        Assert.Equal(131, ImageCodec.Decode(file).Width);
        int first = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]) + 14;
        for (int i = 1; i < 20; i++)
        {
            byte[] cut = [.. file[..(first + ((file.Length - 2 - first) * i / 20))], 0xFF, 0xD9];
            string message = Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(cut, name: "S2.jpg")).Message;
            Assert.StartsWith("S2.jpg: JPEG ", message, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Decode_BytesMissingInTheMiddle_IsRefused(bool progressive)
    {
        byte[] file = Encode(progressive, colour: true, restarts: 5);
        int middle = file.Length / 2;
        Assert.Throws<ImageFormatException>(() => ImageCodec.Decode([.. file[..middle], .. file[(middle + 200)..]]));
    }

    [Fact]
    public void Decode_ScansMissingAtTheEnd_IsRefused()
    {
        byte[] file = Encode(progressive: true, colour: true, restarts: 0);
        int last = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        // The tables of the last scan stand before it; they harm nobody.
        Assert.Contains(
            "leave coefficient",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode([.. file[..last], 0xFF, 0xD9])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Decode_StandardTablesLeftOut_IsTakenAsDecodersDo()
    {
        byte[] file = Field("full.jpg");
        while (file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC4]) is > 0 and var at)
            file = [.. file[..at], .. file[(at + 2 + (file[at + 2] << 8) + file[at + 3])..]];
        Assert.Equal(ImageCodec.Decode(Field("full.jpg")).Pixels, ImageCodec.Decode(file).Pixels);
    }

    [Fact]
    public void Decode_FilesFromTheField_AreWhatTheyAre()
    {
        Assert.Equal(160, ImageCodec.Decode(Field("full.jpg")).Width);
        Assert.Equal(ImageCodec.Decode(Field("full.jpg")).Pixels, ImageCodec.Decode(Field("jpg_extraneous.jpg")).Pixels);
        Assert.Contains(
            "cut off",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(Field("cut90_eoi.jpg"))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Decode_HostileData_EndsWithAnErrorOrAPicture()
    {
        var random = new Random(5);
        foreach (bool progressive in (bool[])[false, true])
        {
            byte[] file = Encode(progressive, colour: true, restarts: 3);
            for (int i = 0; i < 300; i++)
            {
                byte[] damaged = [.. file];
                for (int k = 0; k < 3; k++)
                    damaged[random.Next(2, file.Length)] = (byte)random.Next(256);
                try
                {
                    ImageCodec.Decode(damaged, new DecodeLimits { MaxPixels = 1 << 20 });
                }
                catch (ImageFormatException)
                {
                    // The one error that it may be.
                }
            }
        }
    }

    private static byte[] Field(string name) => File.ReadAllBytes(Fixtures.Path("field-1", "images", name));

    private static byte[] Encode(bool progressive, bool colour, int restarts)
    {
        using var noise = new Mat(97, 131, colour ? MatType.CV_8UC3 : MatType.CV_8UC1);
        Cv2.SetTheRNG(7);
        Cv2.Randu(noise, Scalar.All(0), Scalar.All(255));
        using var picture = new Mat();
        Cv2.GaussianBlur(noise, picture, new Size(5, 5), 0);
        ImageEncodingParam[] options =
        [
            new(ImwriteFlags.JpegQuality, 85),
            new(ImwriteFlags.JpegProgressive, progressive ? 1 : 0),
            new(ImwriteFlags.JpegRstInterval, restarts),
        ];
        Cv2.ImEncode(".jpg", picture, out byte[] file, options);
        return file;
    }
}
