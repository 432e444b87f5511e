using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

public sealed class ImageCodecTests
{
    private static readonly RgbImage Picture = ImageFiles.Picture(37, 23);

    public static TheoryData<string> Kinds => ["png", "jpeg", "bmp", "tiff"];

    [Theory]
    [InlineData("png")]
    [InlineData("bmp")]
    [InlineData("tiff")]
    public void Decode_LosslessFile_GivesThePixelsBack(string kind) => Assert.Equal(Picture.Pixels, ImageCodec.Decode(File(kind)).Pixels);

    [Fact]
    public void Decode_Jpeg_IsCloseAndInTheRightChannelOrder()
    {
        byte[] decoded = ImageCodec.Decode(File("jpeg")).Pixels;
        Assert.True(decoded.Zip(Picture.Pixels, (a, b) => Math.Abs(a - b)).Average() < 3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_FileCutAnywhere_IsAnErrorAndNeverHalfAPicture(string kind)
    {
        byte[] file = File(kind);
        for (int length = 0; length < file.Length; length += 1 + (length / 40))
        {
            byte[] part = file[..length];
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(part));
        }

        Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(file.AsSpan(0, file.Length - (kind == "tiff" ? 5 : 1))));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_FlippedBytes_GiveAPictureOrAnImageFormatException(string kind)
    {
        byte[] file = File(kind);
        var random = new Random(17);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. file];
            for (int k = 0; k < 3; k++)
                damaged[random.Next(Math.Min(file.Length, i % 2 == 0 ? 100 : file.Length))] = (byte)random.Next(256);
            Exception? failure = Record.Exception(() => ImageCodec.Decode(damaged, new DecodeLimits { MaxPixels = 1_000_000 }));
            Assert.True(failure is null or ImageFormatException, failure?.ToString());
        }
    }

    [Fact]
    public void Decode_PngWithOneChangedByte_IsAlwaysAnError()
    {
        byte[] file = File("png");
        for (int at = 0; at < file.Length; at++)
        {
            byte[] damaged = [.. file];
            damaged[at] ^= 0x10;
            Assert.Throws<ImageFormatException>(() => ImageCodec.ReadHeader(damaged));
        }
    }

    [Fact]
    public void Decode_PngWhoseDataEndEarlyButProperly_IsRefused() =>
        // Whole chunks, right checksums, a finished stream, and half the rows.
        Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(ImageFiles.Png(64, 64, 8, 0, new byte[64 * 32])));

    [Theory, InlineData(279), InlineData(278)]
    public void Decode_TiffWhoseStripsDoNotHoldAllRows_IsRefused(int tag)
    {
        byte[] file = ImageFiles.Tiff(Picture.View);
        int directory = BitConverter.ToInt32(file, 4),
            entry = directory + 2;
        while (BitConverter.ToInt16(file, entry) != tag)
            entry += 12;
        BitConverter.GetBytes(BitConverter.ToInt32(file, entry + 8) / 2).CopyTo(file, entry + 8);
        Assert.Contains(
            "TIFF cut off",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(file)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Decode_DecompressionBomb_IsRefusedByItsHeader()
    {
        byte[] bomb = ImageFiles.Png(60000, 60000, 8, 2, new byte[64 * 64]);
        string message = Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(bomb, null, "bomb.png")).Message;
        Assert.Equal("bomb.png: header says 60000x60000 = 3600000000 pixels, more than the limit of 100000000", message);
        Assert.Contains(
            "more than the limit of 10",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(File("png"), new DecodeLimits { MaxFileBytes = 10 })).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Decode_JpegWithThousandsOfScans_IsRefused()
    {
        byte[] file = File("jpeg");
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        byte[] one = file[scan..^2],
            many = [.. file[..^2], .. Enumerable.Range(0, 1000).SelectMany(_ => one), 0xFF, 0xD9];
        Assert.Contains(
            "more than 100 scans",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(many)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("hello, world", "the text \"hello, w\"")]
    [InlineData("GIF89a..............", "a GIF file; expected PNG, JPEG, BMP or TIFF")]
    [InlineData("RIFF....WEBPVP8 ", "a WebP file")]
    public void Decode_OtherFile_SaysWhatItIs(string content, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(System.Text.Encoding.ASCII.GetBytes(content))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Decode_PathWithTheWrongExtension_GoesByContentAndNamesTheFileInErrors()
    {
        using var folder = new TemporaryFolder();
        string path = folder["part.jpg"],
            empty = folder["empty.png"];
        System.IO.File.WriteAllBytes(path, File("png"));
        System.IO.File.WriteAllBytes(empty, []);
        Assert.Equal(Picture.Pixels, ImageCodec.Decode(path).Pixels);
        Assert.Equal($"{empty}: the file is empty", Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(empty)).Message);
        Assert.Throws<FileNotFoundException>(() => ImageCodec.Decode(folder["absent.png"]));
    }

    [Fact]
    public void Decode_AlphaPaletteAndDeepColour_BecomePlainRgb()
    {
        byte[] transparent = ImageFiles.Png(2, 1, 8, 6, [10, 20, 30, 0, 40, 50, 60, 128]);
        Assert.Equal([10, 20, 30, 40, 50, 60], ImageCodec.Decode(transparent).Pixels);
        byte[] palette = ImageFiles.Png(4, 1, 2, 3, [0b00_01_10_01], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 5, 6], ImageCodec.Decode(palette).Pixels);
        // 128 of 65535 is 0.498, 129 is 0.502.
        byte[] deep = ImageFiles.Png(1, 1, 16, 2, [0, 128, 0, 129, 0xFF, 0xFF]);
        Assert.Equal([0, 1, 255], ImageCodec.Decode(deep).Pixels);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("tiff")]
    public void DecodeStored_DeepGrey_KeepsSixteenBits(string kind)
    {
        byte[] values = [0, 0, 0x34, 0x12, 0xFF, 0xFF, 0x00, 0x80];
        var view = new ImageView(values, 2, 2, 4, PixelFormat.Mono16);
        DecodedImage stored = ImageCodec.DecodeStored(kind == "png" ? ImageFiles.Png(view) : ImageFiles.Tiff(view));
        Assert.Equal(PixelFormat.Mono16, stored.Header.Pixels);
        Assert.Equal(values, stored.Pixels);
        Assert.Equal([0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255], stored.ToRgb(new GreyLevels(0x1000, 0x1234)).Pixels);
    }

    [Fact]
    public void Decode_JpegWithOrientation_IsNotTurned()
    {
        // An EXIF segment that says "turned by 90 degrees".
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0MM\0*\0\0\0\b\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        byte[] plain = File("jpeg");
        Assert.Equal(ImageCodec.Decode(plain).Pixels, ImageCodec.Decode((byte[])[.. plain[..2], .. exif, .. plain[2..]]).Pixels);
        byte[] turned = ImageFiles.Tiff(Picture.View, orientation: 6);
        Assert.Contains(
            "orientation",
            Assert.Throws<ImageFormatException>(() => ImageCodec.Decode(turned)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void DecodePixels_IntoMemoryOfTheCaller_AllocatesNothingOfThePicturesSize()
    {
        byte[] file = ImageFiles.Png(ImageFiles.Picture(400, 300).View),
            destination = new byte[400 * 300 * 3];
        ImageHeader header = ImageCodec.ReadHeader(file);
        ImageCodec.DecodePixels(file, header, destination);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageCodec.DecodePixels(file, header, destination);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.Throws<ArgumentException>(() => ImageCodec.DecodePixels(file, header, destination.AsSpan(1)));
    }

    [Fact]
    public void Encode_ViewWithPadding_StoresItsPixels()
    {
        ImageView crop = Picture.View.Crop(new Region(3, 4, 11, 9));
        Assert.Equal(PixelConverter.ToRgb(crop).Pixels, ImageCodec.Decode(ImageFiles.Png(crop)).Pixels);
        Assert.Throws<ArgumentException>(() => ImageFiles.Jpeg(new ImageView(new byte[2], 1, 1, 2, PixelFormat.Mono16)));
        Assert.Throws<ArgumentException>(() => ImageFiles.Png(new ImageView(new byte[4], 1, 1, 4, PixelFormat.RGBa8)));
    }

    private static byte[] File(string kind) =>
        kind switch
        {
            "png" => ImageFiles.Png(Picture.View),
            "jpeg" => ImageFiles.Jpeg(Picture.View),
            "bmp" => ImageFiles.Bmp(Picture),
            _ => ImageFiles.Tiff(Picture.View),
        };
}
