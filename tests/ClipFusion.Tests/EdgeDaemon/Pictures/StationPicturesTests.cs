using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using Microsoft.Extensions.Time.Testing;
using static ClipFusion.Tests.EdgeDaemon.Pictures.PictureSamples;
using Answer = ClipFusion.EdgeDaemon.Domain.Verdict;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

public sealed class StationPicturesTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));
    private readonly LogLines<StationPictures> _log = new();
    private readonly MediaLink _media;
    private readonly StationGallery _gallery;
    private readonly PictureTools _tools = new();
    private HeatmapConfig _heatmap = new(HeatmapWhen.OnNg, HeatmapFormat.Jpeg);

    public StationPicturesTests() =>
        (_media, _gallery) = (new MediaLink(new BrokerOptions { Host = "127.0.0.1" }, "box", _time), new StationGallery(_time));

    [Theory]
    [InlineData(HeatmapWhen.OnNg, 0, 1, 1, 0)]
    [InlineData(HeatmapWhen.Always, 1, 1, 1, 0)]
    [InlineData(HeatmapWhen.Never, 0, 0, 0, 0)]
    public void Work_ByConfiguration_MakesTheHeatmapsThatAreWanted(HeatmapWhen when, int ok, int ng, int review, int notJudged)
    {
        _heatmap = _heatmap with { When = when };
        StationPictures pictures = Pictures(ImagePolicy.None);
        long HeatmapsOf(Answer verdict)
        {
            long before = pictures.Counts.Heatmaps;
            using Frame frame = Frame(64, 48, PixelFormat.Mono8);
            Make(
                pictures,
                new PictureSource(
                    Verdict(verdict),
                    frame,
                    verdict == Answer.NotJudged ? null : Map(Region.Whole(64, 48)),
                    Recipe,
                    null,
                    NormalLevels.Unknown
                )
            );
            return pictures.Counts.Heatmaps - before;
        }

        Assert.Equal([ok, ng, review, notJudged], new[] { Answer.Ok, Answer.Ng, Answer.Review, Answer.NotJudged }.Select(HeatmapsOf));
        Assert.Equal((0, 0), (pictures.Counts.Failed, pictures.Counts.Archived));
    }

    [Fact]
    public void Work_ArchiveFolderGone_IsCountedAndNotedOnceUntilItWorksAgain()
    {
        StationPictures pictures = Pictures(ImagePolicy.All);
        string images = _folder["images"];
        System.IO.File.WriteAllText(images, "in the way");
        for (int i = 1; i <= 3; i++)
            One(pictures, i);
        Assert.Equal((0, 3), (pictures.Counts.Archived, pictures.Counts.Failed));
        Assert.Equal([7000], _log.Ids);

        System.IO.File.Delete(images);
        for (int i = 4; i <= 5; i++)
            One(pictures, i);
        Assert.Equal((2, 3), (pictures.Counts.Archived, pictures.Counts.Failed));
        Assert.Equal([7000, 7001], _log.Ids);
        Assert.Equal(2, Directory.GetFiles(images, "*.png", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Work_UndecodableFile_IsArchivedAsItCameAndShownWithoutPictures()
    {
        StationPictures pictures = Pictures(ImagePolicy.All);
        _gallery.Wanted();
        using Frame frame = PictureSamples.File("nonsense"u8);
        Make(pictures, new PictureSource(Verdict(Answer.NotJudged), frame, null, Recipe, null, NormalLevels.Unknown));
        Assert.Equal((1, 1, 0), (pictures.Counts.Archived, pictures.Counts.Shown, pictures.Counts.Failed));
        Assert.True(_gallery.Latest!.FrameJpeg.IsEmpty);
    }

    [Fact]
    public void Work_NobodyLooks_TheGalleryGetsNothing()
    {
        StationPictures pictures = Pictures(ImagePolicy.None);
        _heatmap = _heatmap with { When = HeatmapWhen.Never };
        One(pictures, 1, Answer.Ok);
        Assert.Null(_gallery.Latest);
        Assert.Equal(0, pictures.Counts.Shown);

        int changes = 0;
        _gallery.Changed += () => changes++;
        _gallery.Wanted();
        One(pictures, 2, Answer.Ng, 3000, 1000);
        One(pictures, 3, Answer.Ok);
        Assert.Equal((3, 2, 3), (_gallery.Latest!.Verdict.Inspection.Sequence, _gallery.LatestNg!.Verdict.Inspection.Sequence, changes));
        Assert.All(
            new[] { _gallery.LatestNg.FrameJpeg, _gallery.LatestNg.OverlayJpeg },
            file =>
                Assert.Equal((StationGallery.MaximumWidth, 427), (ImageCodec.Decode(file.Span).Width, ImageCodec.Decode(file.Span).Height))
        );

        _time.Advance(StationGallery.Look);
        One(pictures, 4);
        Assert.Equal(3, _gallery.Latest.Verdict.Inspection.Sequence);
    }

    [Theory]
    [InlineData("ok ng ok", 3, 2)]
    [InlineData("ng ok ok ng", 4, 4)]
    [InlineData("ng ng ok ok ok ok", 6, 2)]
    [InlineData("ok ok", 2, null)]
    public async Task Look_AtLast_FindsTheLatestFrameAndTheLatestNgOfTheTimeWhenNobodyLooked(string parts, int latest, int? ng)
    {
        StationPictures pictures = Pictures(ImagePolicy.None);
        _heatmap = _heatmap with { When = HeatmapWhen.Never };
        int asked = 0;
        _gallery.Asked += () => asked++;
        foreach ((string part, int i) in parts.Split(' ').Select((p, i) => (p, i + 1)))
            One(pictures, i, part == "ng" ? Answer.Ng : Answer.Ok);
        Assert.Equal(0, pictures.Counts.Shown);

        Task look = _gallery.WantedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, asked);
        pictures.ShowLast(_tools);
        await look;
        Assert.Equal((latest, (long?)ng), (_gallery.Latest!.Verdict.Inspection.Sequence, _gallery.LatestNg?.Verdict.Inspection.Sequence));
        Assert.False(_gallery.Latest.OverlayJpeg.IsEmpty);
    }

    [Fact]
    public void Work_SteadyState_AllocatesNoLargeObject()
    {
        // Less in total than the smallest large object: none can be among it. Page pictures are new memory by design and only made while
        // somebody looks.
        StationPictures pictures = Pictures(ImagePolicy.All);
        _heatmap = _heatmap with { When = HeatmapWhen.Always };
        using Frame frame = Frame(1280, 1024, PixelFormat.Mono8);
        for (int i = 1; i <= 20; i++)
            Make(pictures, Source(i));
        PictureSource[] sources = [.. Enumerable.Range(21, 5).Select(i => Source(i))];
        foreach (PictureSource source in sources)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Make(pictures, source);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 84_999);
        }

        PictureSource Source(long sequence) =>
            new(Verdict(sequence: sequence), frame, Map(Region.Whole(1280, 1024)), Recipe, null, NormalLevels.Unknown);
    }

    public async ValueTask DisposeAsync()
    {
        await _media.DisposeAsync();
        _folder.Dispose();
    }

    private StationPictures Pictures(ImagePolicy policy)
    {
        var archive = new ImageArchive(_folder.Root, "line1", new ImageLimits(policy, 1, 1 << 30, 30, 365), _time, () => true);
        StationConfig config = new(
            "line1",
            new SimulatedCameraConfig(1, 64, 64, null, 0, null),
            new TriggerConfig(true, false, null, false),
            4,
            TimeSpan.Zero,
            TimeSpan.FromSeconds(10),
            null,
            new ImageConfig(policy, 1, 1, 30),
            _heatmap
        );
        return new StationPictures(() => config with { Heatmap = _heatmap }, archive, _gallery, _media, _time, _log);
    }

    private void One(StationPictures pictures, long sequence, Answer verdict = Answer.Ng, int width = 64, int height = 48)
    {
        using Frame frame = Frame(width, height, PixelFormat.Mono8);
        Make(
            pictures,
            new PictureSource(Verdict(verdict, sequence), frame, Map(Region.Whole(width, height)), Recipe, null, NormalLevels.Unknown)
        );
    }

    private void Make(StationPictures pictures, PictureSource source)
    {
        if (pictures.Take(source))
            pictures.Work(pictures.Next()!, _tools);
    }
}
