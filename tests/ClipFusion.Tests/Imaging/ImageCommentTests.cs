using System.Buffers;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

public sealed class ImageCommentTests
{
    // An independent reader: what Pillow finds, besides the size.
    private const string Script = """
        import sys, io
        from PIL import Image
        image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
        image.load()
        texts = getattr(image, 'text', None) or {'Comment': image.info.get('comment', b'').decode('ascii')}
        print(image.format, image.size[0], image.size[1], ';'.join(f'{k}={v}' for k, v in sorted(texts.items())))
        """;

    private static RgbImage Picture => ImageFiles.Picture(40, 30);

    [Fact]
    public async Task AddToJpeg_AnyJpeg_IsReadBackByPillowAndKeepsItsPixels()
    {
        byte[] plain = ImageFiles.Jpeg(Picture.View);
        var file = new ArrayBufferWriter<byte>();
        ImageComment.AddToJpeg(plain, "01JABCDEFGHJKMNPQRSTVWXYZ0", file);
        Assert.Equal("JPEG 40 30 Comment=01JABCDEFGHJKMNPQRSTVWXYZ0", await PillowAsync(file.WrittenMemory));
        Assert.Equal(ImageCodec.Decode(plain).Pixels, ImageCodec.Decode(file.WrittenSpan).Pixels);
    }

    [Fact]
    public async Task AddToPng_SeveralTexts_AreReadBackByPillowAndKeepItsPixels()
    {
        var file = new ArrayBufferWriter<byte>();
        ImageComment.AddToPng(ImageFiles.Png(Picture.View), [("Comment", "01J"), ("Region", "1 2 30 40"), ("Empty", "")], file);
        Assert.Equal("PNG 40 30 Comment=01J;Empty=;Region=1 2 30 40", await PillowAsync(file.WrittenMemory));
        Assert.Equal(Picture.Pixels, ImageCodec.Decode(file.WrittenSpan).Pixels);
    }

    [Fact]
    public void Add_WhatDoesNotFit_Throws()
    {
        var file = new ArrayBufferWriter<byte>();
        byte[] jpeg = ImageFiles.Jpeg(Picture.View),
            png = ImageFiles.Png(Picture.View);
        Assert.Throws<ArgumentException>(() => ImageComment.AddToJpeg(png, "x", file));
        Assert.Throws<ArgumentException>(() => ImageComment.AddToPng(jpeg, [("Comment", "x")], file));
        Assert.Throws<ArgumentException>(() => ImageComment.AddToJpeg(jpeg, "ä", file));
        Assert.Throws<ArgumentException>(() => ImageComment.AddToJpeg(jpeg, new string('x', ImageComment.MaximumLength + 1), file));
        Assert.Throws<ArgumentException>(() => ImageComment.AddToPng(png, [("", "x")], file));
        Assert.Throws<ArgumentException>(() => ImageComment.AddToPng(png, [("Comment", "a\0b")], file));
    }

    private static async Task<string> PillowAsync(ReadOnlyMemory<byte> file)
    {
        (int code, string answer, string error) = await Programs.RunAsync(
            DefaultSignals.Start("/usr/bin/python3", "-c", Script),
            file,
            TestContext.Current.CancellationToken
        );
        Assert.True(code == 0, error);
        return answer.Trim();
    }
}
