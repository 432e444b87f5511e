using System.Buffers.Binary;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Imaging;
using static ClipFusion.Tests.EdgeDaemon.Pictures.PictureSamples;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

public sealed class HeatmapFileTests
{
    private readonly HeatmapFile _file = new(new FramePicture(), IHeatmapPublisher.MaximumBytes);

    [Theory]
    [InlineData(HeatmapFormat.Jpeg, "image/jpeg", ImageFileFormat.Jpeg)]
    [InlineData(HeatmapFormat.Png, "image/png", ImageFileFormat.Png)]
    public void Of_SmallFrame_KeepsItsSizeBesideTheColourBarAndSaysWhoseItIs(HeatmapFormat format, string type, ImageFileFormat kind)
    {
        KeptFrame frame = Kept(Frame(320, 240, PixelFormat.Mono8), Map(Region.Whole(320, 240)));
        (ReadOnlyMemory<byte> file, string contentType) = _file.Of(frame, format);
        ImageHeader header = ImageCodec.ReadHeader(file.Span);
        Assert.Equal((type, kind, HeatmapOverlay.Width(320, 240), 240), (contentType, header.Format, header.Width, header.Height));
        Assert.True(Says(file.Span, frame.Verdict.Inspection.Id));
    }

    [Theory]
    [InlineData(1, 1, HeatmapFormat.Jpeg)]
    [InlineData(1, 1, HeatmapFormat.Png)]
    [InlineData(15, 3, HeatmapFormat.Jpeg)]
    [InlineData(1, 15, HeatmapFormat.Png)]
    [InlineData(16, 1, HeatmapFormat.Jpeg)]
    public void Of_FrameBelowTheLeastSide_IsDrawnAsItIs(int width, int height, HeatmapFormat format)
    {
        KeptFrame frame = Kept(Frame(width, height, PixelFormat.Mono8), Map(Region.Whole(width, height)));
        ImageHeader header = ImageCodec.ReadHeader(_file.Of(frame, format).File.Span);
        Assert.Equal((HeatmapOverlay.Width(width, height), height), (header.Width, header.Height));
    }

    [Theory]
    [InlineData(HeatmapFormat.Jpeg)]
    [InlineData(HeatmapFormat.Png)]
    public void Of_FiveMegapixelsOfNoise_FitsAndIsTheSameEachTime(HeatmapFormat format)
    {
        KeptFrame frame = Kept(Frame(2592, 1944, PixelFormat.RGB8), Map(Region.Whole(2592, 1944)));
        byte[] first = _file.Of(frame, format).File.ToArray(),
            second = new HeatmapFile(new FramePicture(), IHeatmapPublisher.MaximumBytes).Of(frame, format).File.ToArray();
        Assert.InRange(first.Length, 1, IHeatmapPublisher.MaximumBytes);
        Assert.Equal(first, second);
        Assert.True(ImageCodec.Decode(first).Height >= 200, "far smaller than it had to be");
    }

    [Fact]
    public void Of_Map_HasItsValuesScaleAndRegion()
    {
        KeptFrame frame = Kept(Frame(320, 240, PixelFormat.Mono8), Map(new Region(10, 20, 200, 100), normal: 0.5f, hot: 3));
        (ReadOnlyMemory<byte> file, string contentType) = _file.Of(frame, HeatmapFormat.Map16);
        DecodedImage map = ImageCodec.DecodeStored(file.Span);
        Assert.Equal(
            ("image/png", MapSide, MapSide, PixelFormat.Mono16),
            (contentType, map.Header.Width, map.Header.Height, map.Header.Pixels)
        );
        Assert.Equal(
            (16384, 65535),
            (
                BinaryPrimitives.ReadUInt16LittleEndian(map.Pixels),
                BinaryPrimitives.ReadUInt16LittleEndian(map.Pixels.AsSpan(2 * ((110 * MapSide) + 110)))
            )
        );
        Assert.All(
            ["Comment\0" + frame.Verdict.Inspection.Id, "Scale\00..2", "Region\010 20 200 100"],
            text => Assert.True(Says(file.Span, text))
        );
    }

    [Fact]
    public void Of_GoodPart_IsNotColouredWhateverItsNoise()
    {
        // The map's own range would paint its hottest spot yellow; half the threshold is above all of it.
        KeptFrame frame = Kept(Grey(240, 240), Map(Region.Whole(240, 240), 0.1f, 0.2f), recipe: RecipeWithThreshold(0.5));
        RgbImage overlay = ImageCodec.Decode(_file.Of(frame, HeatmapFormat.Png).File.Span);
        for (int y = 0; y < 240; y++)
            Assert.False(overlay.View.Row(y)[..720].ContainsAnyExcept((byte)128), $"row {y} is coloured");
    }

    [Fact]
    public void Of_RegionsMaskAndCrop_AreDrawnWhereTheyAreInTheFrame()
    {
        byte[] mask = new byte[240 * 240];
        for (int y = 180; y < 240; y++)
            mask.AsSpan((y * 240) + 180, 60).Fill(1);
        var verdict = Verdict(regions: [new RegionRecord(40, 60, 30, 20, 600, 0.9)]);
        KeptFrame frame = Kept(
            Grey(240, 240),
            Map(new Region(0, 0, 240, 220), 0.1f, 0.1f),
            verdict,
            RecipeWithThreshold(0.5),
            new IgnoreMask(new ImageView(mask, 240, 240, 240, PixelFormat.Mono8))
        );
        RgbImage overlay = ImageCodec.Decode(_file.Of(frame, HeatmapFormat.Png).File.Span);
        byte[] At(int x, int y) => overlay.View.Row(y).Slice(3 * x, 3).ToArray();
        Assert.Equal([64, 224, 255], At(39, 70));
        Assert.Equal([128, 128, 128], At(55, 70));
        Assert.Equal([64, 64, 64], At(200, 200));
        Assert.Equal([64, 64, 64], At(20, 230));
    }

    [Fact]
    public void Of_ImageFileAndMosaic_AreDrawnAsTheyLook()
    {
        foreach (
            Frame source in new Frame[]
            {
                PictureSamples.File(ImageFiles.Png(ImageFiles.Picture(64, 48).View)),
                Frame(64, 48, PixelFormat.BayerRG8),
                Frame(64, 48, PixelFormat.Mono12),
                Frame(64, 48, PixelFormat.BGRa8),
            }
        )
        {
            using (source)
                Assert.Equal(48, ImageCodec.Decode(_file.Of(Kept(source, Map(Region.Whole(64, 48))), HeatmapFormat.Jpeg).File.Span).Height);
        }
    }

    [Theory]
    [InlineData(0.3, 0.6, 0.3f, 0.75f)]
    [InlineData(0.6, 0.5, 0.45f, 0.525f)]
    [InlineData(null, 0.6, 0.3f, 0.75f)]
    [InlineData(0.3, null, 0.3f, 0.6f)]
    [InlineData(null, null, 0f, 1f)]
    [InlineData(0.0, 0.0, 0f, 1f)]
    public void HeatScale_BeginsAtWhatGoodPartsReachAndEndsHalfAsFarBeyondTheThreshold(
        double? reach,
        double? threshold,
        float low,
        float high
    )
    {
        (float l, float h) = HeatScale.Of((float?)reach, (float?)threshold);
        Assert.Equal(low, l, 1e-6f);
        Assert.Equal(high, h, 1e-6f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Overlay_OfAnNgWithoutAMapThreshold_HasColourWhereTheMapIsAboveGoodPartsAndNowhereElse(bool fromReferences)
    {
        // The score's threshold is far above every value of the map: the two are on different scales.
        VerdictRecord ng = Verdict(regions: []) with
        {
            Score = 1.4,
            Threshold = 1.2,
        };
        NormalLevels levels = fromReferences
            ? new(new NormalReach(null, 0.2f), Profile.ClipFusion, Profile.PatchClip)
            : NormalLevels.Unknown;
        using (PooledAnomalyMap good = Map(Region.Whole(240, 240), normal: 0.1f, hot: 0.2f))
            levels.Note(Verdict(ClipFusion.EdgeDaemon.Domain.Verdict.Ok), good);
        using Frame frame = Grey(240, 240);
        RgbImage overlay = ImageCodec.Decode(
            _file.Of(Kept(frame, Map(Region.Whole(240, 240), normal: 0.19f, hot: 0.4f), ng, levels: levels), HeatmapFormat.Png).File.Span
        );
        Assert.True(Colour(overlay, 110, 110) > 60, "the defect has no colour");
        Assert.Equal(0, Colour(overlay, 30, 200));

        static int Colour(RgbImage image, int x, int y) =>
            image.View.Row(y).Slice(3 * x, 3) is var p ? Math.Max(p[0], Math.Max(p[1], p[2])) - Math.Min(p[0], Math.Min(p[1], p[2])) : 0;
    }

    private static Frame Grey(int width, int height)
    {
        Frame frame = Frame(width, height, PixelFormat.Mono8);
        frame.Pixels.Fill(128);
        return frame;
    }
}
