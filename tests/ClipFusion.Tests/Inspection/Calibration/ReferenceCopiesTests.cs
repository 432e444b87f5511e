using ClipFusion.Imaging;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Tests.Inspection.Calibration;

public sealed class ReferenceCopiesTests
{
    // Two per cent of these are whole pixels.
    private const int Width = 150,
        Height = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 3, 2)]
    [InlineData(1, -3, -2)]
    public void Moved_IsThePictureShiftedWithMirroredEdges(int copy, int right, int down)
    {
        RgbImage picture = Noise(),
            made = ReferenceCopies.Make(picture, copy, Cancellation);
        for (int y = 0; y < Height; y++)
        for (int x = 0; x < Width; x++)
        for (int c = 0; c < 3; c++)
            Assert.Equal(At(picture, Mirror(x - right, Width), Mirror(y - down, Height), c), At(made, x, y, c));
    }

    [Theory]
    [InlineData(2, 2, 1.05)]
    [InlineData(3, -2, 0.95)]
    public void Turned_IsThePictureTurnedAboutItsMiddleAndAnotherBrightness(int copy, double degrees, double brightness)
    {
        // A ramp from left to right and one from top to bottom: what was there tells where it was.
        var picture = new RgbImage(Width, Height);
        for (int y = 0; y < Height; y++)
        for (int x = 0; x < Width; x++)
            (picture.Pixels[3 * ((y * Width) + x)], picture.Pixels[(3 * ((y * Width) + x)) + 1]) = ((byte)x, (byte)y);
        RgbImage made = ReferenceCopies.Make(picture, copy, Cancellation);
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        for (int y = 10; y < Height - 10; y++)
        for (int x = 10; x < Width - 10; x++)
        {
            double dx = x - ((Width - 1) / 2.0),
                dy = y - ((Height - 1) / 2.0);
            double fromX = ((Width - 1) / 2.0) + (cos * dx) + (sin * dy),
                fromY = ((Height - 1) / 2.0) - (sin * dx) + (cos * dy);
            Assert.InRange(At(made, x, y, 0), (brightness * fromX) - 0.51, (brightness * fromX) + 0.51);
            Assert.InRange(At(made, x, y, 1), (brightness * fromY) - 0.51, (brightness * fromY) + 0.51);
        }
    }

    [Fact]
    public void Bright_StaysWithinTheRange()
    {
        var white = new RgbImage(7, 5);
        Array.Fill(white.Pixels, (byte)250);
        for (int copy = 0; copy < ReferenceCopies.Count; copy++)
            Assert.All(
                ReferenceCopies.Make(white, copy, Cancellation).Pixels,
                p =>
                    Assert.Equal(
                        copy == 2 ? 255
                            : copy == 3 ? 238
                            : 250,
                        p
                    )
            );
    }

    [Fact]
    public void Tiny_PicturesHaveCopiesToo()
    {
        var one = new RgbImage(1, 1, [10, 20, 30]);
        for (int copy = 0; copy < 2; copy++)
            Assert.Equal(one.Pixels, ReferenceCopies.Make(one, copy, Cancellation).Pixels);
    }

    private static int Mirror(int place, int length) =>
        place < 0 ? -1 - place
        : place >= length ? (2 * length) - 1 - place
        : place;

    private static byte At(RgbImage picture, int x, int y, int c) => picture.Pixels[(3 * ((y * picture.Width) + x)) + c];

    private static RgbImage Noise()
    {
        var picture = new RgbImage(Width, Height);
        new Random(4).NextBytes(picture.Pixels);
        return picture;
    }
}
