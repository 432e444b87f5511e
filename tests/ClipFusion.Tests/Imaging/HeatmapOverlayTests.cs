using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

public sealed class HeatmapOverlayTests
{
    private const int Side = 120;

    [Fact]
    public void Render_NormalArea_ShowsThePictureUnchangedAndTheDefectColoured()
    {
        RgbImage part = Part();
        float[] map = new float[15 * 15];
        map[7 * 15 + 7] = 1;
        RgbImage overlay = HeatmapOverlay.Render(part, map, 15, 15, new OverlayOptions { Low = 0, High = 1 });
        Assert.Equal(Side, overlay.Height);
        Assert.True(overlay.Width > Side);
        Assert.Equal(Pixel(part, 5, 5), Pixel(overlay, 5, 5));
        Assert.NotEqual(Pixel(part, 60, 60), Pixel(overlay, 60, 60));
    }

    [Fact]
    public void Render_MapBelowTheRange_LeavesThePictureAsItIs()
    {
        RgbImage part = Part();
        float[] map = [.. Enumerable.Range(0, 64).Select(i => i % 7 == 0 ? float.NaN : 0.2f)];
        RgbImage overlay = HeatmapOverlay.Render(
            part,
            map,
            8,
            8,
            new OverlayOptions
            {
                Low = 0.5f,
                High = 1,
                ColourBar = false,
            }
        );
        Assert.Equal(part.Pixels, overlay.Pixels);
        Assert.Equal(part.Pixels, HeatmapOverlay.Render(part, new float[64], 8, 8, new OverlayOptions { ColourBar = false }).Pixels);
    }

    [Fact]
    public void Render_RegionAndMask_AreVisible()
    {
        RgbImage part = Part();
        byte[] mask = new byte[Side * Side];
        mask.AsSpan(0, 20 * Side).Fill(255);
        var options = new OverlayOptions
        {
            Low = 0,
            High = 1,
            ColourBar = false,
            Boxes = [new Region(50, 50, 20, 10)],
            Ignore = new IgnoreMask(new ImageView(mask, Side, Side, Side, PixelFormat.Mono8)),
        };
        RgbImage overlay = HeatmapOverlay.Render(part, new float[16], 4, 4, options);
        Assert.Equal((byte)64, Pixel(overlay, 49, 55).R);
        Assert.Equal(Pixel(part, 55, 55), Pixel(overlay, 55, 55));
        Assert.Equal((byte)(Pixel(part, 3, 3).R / 2), Pixel(overlay, 3, 3).R);
    }

    [Fact]
    public void Render_Outline_RunsAroundWhatLiesAboveItOutsideOfTheMask()
    {
        RgbImage part = Part();
        float[] map = new float[Side * Side];
        for (int y = 20; y < 40; y++)
        {
            map.AsSpan(y * Side + 20, 20).Fill(0.6f);
            map.AsSpan(y * Side + 80, 20).Fill(0.6f);
        }

        byte[] mask = new byte[Side * Side];
        for (int y = 0; y < Side; y++)
            mask.AsSpan(y * Side + 60, 60).Fill(255);
        var options = new OverlayOptions
        {
            // Nothing is coloured, so that what changes is the line.
            Low = 0.7f,
            High = 1,
            ColourBar = false,
            Ignore = new IgnoreMask(new ImageView(mask, Side, Side, Side, PixelFormat.Mono8)),
        };
        RgbImage without = HeatmapOverlay.Render(part, map, Side, Side, options),
            with = HeatmapOverlay.Render(part, map, Side, Side, options with { Outline = 0.5f });

        (int X, int Y)[] changed =
        [
            .. from y in Enumerable.Range(0, Side)
            from x in Enumerable.Range(0, Side)
            where Pixel(without, x, y) != Pixel(with, x, y)
            select (x, y),
        ];
        Assert.NotEmpty(changed);
        // Near the edge of the left patch: neither its middle, nor what is far from it, nor the patch that is ignored.
        Assert.All(
            changed,
            p => Assert.True(p is { X: >= 18 and <= 41, Y: >= 18 and <= 41 } and not { X: > 22 and < 37, Y: > 22 and < 37 }, $"{p}")
        );
        Assert.Equal((255, 255, 255), Pixel(with, 20, 30));
        Assert.Equal(without.Pixels, HeatmapOverlay.Render(part, map, Side, Side, options with { Outline = 0.65f }).Pixels);
    }

    [Fact]
    public void Render_MapOfAPart_ColoursThatPartAndDarkensTheRest()
    {
        RgbImage part = Part();
        float[] map = [1, 1, 1, 1];
        RgbImage overlay = HeatmapOverlay.Render(
            part,
            map,
            2,
            2,
            new OverlayOptions
            {
                Low = 0,
                High = 2,
                ColourBar = false,
                Region = new Region(40, 50, 20, 10),
            }
        );
        Assert.Equal((byte)(Pixel(part, 39, 50).R / 2), Pixel(overlay, 39, 50).R);
        Assert.Equal((byte)(Pixel(part, 40, 49).R / 2), Pixel(overlay, 40, 49).R);
        Assert.NotEqual((byte)(Pixel(part, 40, 50).R / 2), Pixel(overlay, 40, 50).R);
        Assert.NotEqual((byte)(Pixel(part, 59, 59).R / 2), Pixel(overlay, 59, 59).R);
        Assert.Equal((byte)(Pixel(part, 60, 59).R / 2), Pixel(overlay, 60, 59).R);
        Assert.Throws<ArgumentException>(() =>
            HeatmapOverlay.Render(part, map, 2, 2, new OverlayOptions { Region = new Region(100, 0, 21, 10) })
        );
    }

    [Fact]
    public void Render_BrokenRangeOrMap_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => HeatmapOverlay.Render(Part(), new float[4], 2, 2, new OverlayOptions { Low = 1, High = 1 }));
        Assert.Throws<ArgumentException>(() => HeatmapOverlay.Render(Part(), new float[4], 2, 2, new OverlayOptions { High = float.NaN }));
        Assert.Throws<ArgumentException>(() => HeatmapOverlay.Render(Part(), new float[5], 2, 2));
    }

    [Fact]
    public void Render_TinyPicture_StillHasABar() => Assert.Equal(1, HeatmapOverlay.Render(new RgbImage(1, 1), new float[1], 1, 1).Height);

    private static RgbImage Part() =>
        new(
            Side,
            Side,
            [.. Enumerable.Range(0, Side * Side).SelectMany(i => new[] { (byte)(100 + (i % Side)), (byte)90, (byte)(i / Side) })]
        );

    private static (byte R, byte G, byte B) Pixel(RgbImage image, int x, int y)
    {
        int at = ((y * image.Width) + x) * 3;
        return (image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
    }
}
