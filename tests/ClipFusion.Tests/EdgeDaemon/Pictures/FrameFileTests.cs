using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Tests.Imaging;
using static ClipFusion.Tests.EdgeDaemon.Pictures.PictureSamples;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

public sealed class FrameFileTests
{
    private readonly FrameFile _file = new();

    [Theory]
    [InlineData(PixelFormat.Mono8)]
    [InlineData(PixelFormat.Mono10)]
    [InlineData(PixelFormat.Mono12)]
    [InlineData(PixelFormat.Mono16)]
    public void Of_Grey_KeepsEveryValue(PixelFormat format)
    {
        using Frame frame = Frame(37, 23, format);
        DecodedImage file = ImageCodec.DecodeStored(_file.Of(Kept(frame, null), out string suffix));
        Assert.Equal(".png", suffix);
        Assert.Equal(frame.Pixels.ToArray(), file.Pixels);
    }

    [Theory]
    [InlineData(PixelFormat.RGB8)]
    [InlineData(PixelFormat.BGR8)]
    [InlineData(PixelFormat.RGBa8)]
    [InlineData(PixelFormat.BGRa8)]
    [InlineData(PixelFormat.BayerRG8)]
    [InlineData(PixelFormat.BayerGB8)]
    public void Of_Colour_IsWhatTheMethodSees(PixelFormat format)
    {
        using Frame frame = Frame(36, 22, format);
        ReadOnlySpan<byte> file = _file.Of(Kept(frame, null), out _);
        Assert.Equal(PixelConverter.ToRgb(FramePixels.View(frame.Pixels, frame.Shape)).Pixels, ImageCodec.Decode(file).Pixels);
        Assert.True(Says(file, $"PixelFormat\0{format}"));
        Assert.True(Says(file, $"Comment\0{Verdict().Inspection.Id}"));
    }

    [Fact]
    public void Of_ImageFile_StaysAsItCameToTheByte()
    {
        byte[][] files =
        [
            ImageFiles.Png(ImageFiles.Picture(8, 6).View),
            ImageFiles.Jpeg(ImageFiles.Picture(8, 6).View),
            [.. "BM, but no picture"u8],
            [.. "II*\0"u8],
            [.. "no image at all"u8],
        ];
        string[] suffixes = [".png", ".jpg", ".bmp", ".tif", ".bin"];
        foreach ((byte[] bytes, string expected) in files.Zip(suffixes))
        {
            using Frame frame = PictureSamples.File(bytes);
            Assert.Equal(bytes, _file.Of(Kept(frame, null), out string suffix).ToArray());
            Assert.Equal(expected, suffix);
        }
    }
}
