using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Tests.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
    private readonly UlidGenerator _ids;
    private long _sequence;
    private bool _isAllowed = true;

    public ImageArchiveTests() => _ids = new UlidGenerator(_time);

    private string Root => Path.Combine(_folder.Root, "images", "line1");

    private static ImageLimits Everything => new(ImagePolicy.All, 1, 1 << 30, 30, 365);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ImagePolicy.All, 4, 1, 1, 1)]
    [InlineData(ImagePolicy.NgAndReview, 0, 1, 1, 1)]
    [InlineData(ImagePolicy.SampleOfOk, 2, 1, 1, 1)]
    [InlineData(ImagePolicy.None, 0, 0, 0, 0)]
    public void Store_ByPolicy_KeepsWhatItSays(ImagePolicy policy, int ok, int ng, int review, int notJudged)
    {
        ImageArchive archive = Open(Everything with { Policy = policy, SampleEvery = 2 });
        for (int i = 0; i < 4; i++)
            Store(archive, Verdict.Ok);
        foreach (Verdict verdict in new[] { Verdict.Ng, Verdict.Review, Verdict.NotJudged })
            Store(archive, verdict);
        Assert.Equal((ok, ng, review, notJudged), (Count("ok"), Count("ng"), Count("review"), Count("notjudged")));
    }

    [Fact]
    public void Store_AtTheCap_TheOldestOkGoesFirstAndNgLast()
    {
        ImageArchive archive = Open(Everything with { Bytes = 1000 });
        AcceptedInspection oldNg = Store(archive, Verdict.Ng, size: 300),
            oldOk = Store(archive, Verdict.Ok, size: 300);
        _time.Advance(TimeSpan.FromDays(1));
        AcceptedInspection newOk = Store(archive, Verdict.Ok, size: 300),
            newNg = Store(archive, Verdict.Ng, size: 300);
        Assert.Equal([1, 0, 1, 1], new[] { oldNg, oldOk, newOk, newNg }.Select(i => archive.Find(i).Count));
        Store(archive, Verdict.Ng, size: 300);
        AcceptedInspection last = Store(archive, Verdict.Ng, size: 300);
        Assert.Equal([0, 0, 1, 1], new[] { oldNg, newOk, newNg, last }.Select(i => archive.Find(i).Count));
        Assert.Equal((900, 900, 3), (archive.Bytes, Open(Everything).Bytes, archive.Evicted));
    }

    [Fact]
    public void RetainStep_OldDays_OkGoesBeforeNgInBoundedSteps()
    {
        ImageArchive archive = Open(Everything with { OkDays = 2, OtherDays = 5 });
        for (int i = 0; i < 5; i++)
            Store(archive, i == 0 ? Verdict.Ng : Verdict.Ok);
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, archive.RetainStep(100));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal([3, 1, 0], Enumerable.Range(0, 3).Select(_ => archive.RetainStep(3)));
        Assert.Equal((1, 0), (Count("ng"), Count("ok")));
        _time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(1, archive.RetainStep(100));
        Assert.Empty(Directory.GetDirectories(Root));
        Assert.Equal(0, archive.Bytes);
    }

    [Fact]
    public void RetainStep_ClockNotTrusted_LeavesOldImagesAndStillKeepsALoweredCap()
    {
        ImageArchive archive = Open(Everything with { OkDays = 2, OtherDays = 5 });
        for (int i = 0; i < 4; i++)
            Store(archive, Verdict.Ok, size: 100);
        _time.Advance(TimeSpan.FromDays(9));
        Assert.Equal(0, archive.RetainStep(100, byAge: false));
        archive.Limits = archive.Limits with { Bytes = 220 };
        Assert.Equal([1, 1, 0], Enumerable.Range(0, 3).Select(_ => archive.RetainStep(1, byAge: false)));
        Assert.Equal((200, 2), (archive.Bytes, archive.Evicted));
    }

    [Fact]
    public void From_AConfiguration_NgOutlivesOk()
    {
        var storage = new StorageConfig(64, 2, 30, RetentionDays: 365);
        Assert.Equal(
            new ImageLimits(ImagePolicy.SampleOfOk, 7, 1 << 29, 30, 365),
            ImageLimits.From(new ImageConfig(ImagePolicy.SampleOfOk, 7, 0.5, 30), storage)
        );
        Assert.Equal(
            (800, 800),
            ImageLimits.From(new ImageConfig(ImagePolicy.All, 1, 1, 800), storage) is var long1 ? (long1.OkDays, long1.OtherDays) : default
        );
    }

    [Fact]
    public void Store_FolderRemovedOrReplacedByAFile_NeverThrowsAndComesBack()
    {
        ImageArchive archive = Open(Everything);
        Store(archive, Verdict.Ng);
        Directory.Delete(Root, recursive: true);
        Assert.Single(archive.Find(Store(archive, Verdict.Ng)));
        Directory.Delete(Root, recursive: true);
        File.WriteAllText(Root, "in the way");
        Assert.Equal(ImageOutcome.Failed, archive.Store(Inspection(), Verdict.Ng, new byte[10], ".png"));
        Assert.Equal(1, archive.Failures);
        Assert.Contains(Root, archive.LastError, StringComparison.Ordinal);
        File.Delete(Root);
        Assert.Single(archive.Find(Store(archive, Verdict.Ng)));
    }

    [Fact]
    public void Store_DiskFullOrReadOnly_FailsWithTheReasonAndLeavesNothingHalf()
    {
        using var disk = new SmallDisk(megabytes: 4);
        var archive = new ImageArchive(disk.Folder, "line1", Everything, _time, () => true);
        ImageOutcome Try(int size) => archive.Store(Inspection(), Verdict.Ng, new byte[size], ".png");
        Assert.Equal(ImageOutcome.Stored, Try(1000));
        disk.Fill();
        Assert.Equal(ImageOutcome.Failed, Try(100_000));
        disk.Empty();
        Assert.Equal(ImageOutcome.Stored, Try(100_000));
        disk.Protect(isReadOnly: true);
        Assert.Equal(ImageOutcome.Failed, Try(1000));
        Assert.Contains("Read-only", archive.LastError, StringComparison.Ordinal);
        disk.Protect(isReadOnly: false);
        Assert.Equal(ImageOutcome.Stored, Try(1000));
        Assert.Equal((102_000, 2), (archive.Bytes, archive.Failures));
        Assert.Equal(3, Directory.GetFiles(disk.Folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Store_WhileImagesAreStopped_WritesNothing()
    {
        ImageArchive archive = Open(Everything);
        _isAllowed = false;
        Assert.Equal(ImageOutcome.Stopped, archive.Store(Inspection(), Verdict.Ng, new byte[10], ".png"));
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void Constructor_LeftoversOfACrash_AreRemovedAndOtherFilesLeftAlone()
    {
        ImageArchive archive = Open(Everything);
        string kept = Assert.Single(archive.Find(Store(archive, Verdict.Ng, size: 7)));
        string torn = kept + ".part",
            empty = Path.Combine(Path.GetDirectoryName(kept)!, "01ARZ3NDEKTSV4RRFFQ69G5FAV.png"),
            foreign = Path.Combine(Root, "notes.txt");
        foreach (string path in new[] { torn, foreign })
            File.WriteAllText(path, "x");
        File.WriteAllBytes(empty, []);
        Assert.Equal(7, Open(Everything).Bytes);
        Assert.Equal([true, false, false, true], new[] { kept, torn, empty, foreign }.Select(File.Exists));
    }

    private ImageArchive Open(ImageLimits limits) => new(_folder.Root, "line1", limits, _time, () => _isAllowed);

    private AcceptedInspection Store(ImageArchive archive, Verdict verdict, int size = 10)
    {
        AcceptedInspection inspection = Inspection();
        archive.Store(inspection, verdict, new byte[size], ".png");
        return inspection;
    }

    private AcceptedInspection Inspection() =>
        new(_ids.Next(), "line1", ++_sequence, TriggerSource.Mqtt, null, null, StoreFolder.Recipe, null, _time.GetUtcNow());

    private int Count(string kind) =>
        Directory.Exists(Root)
            ? Directory
                .GetDirectories(Root)
                .Select(d => Path.Combine(d, kind))
                .Where(Directory.Exists)
                .Sum(d => Directory.GetFiles(d).Length)
            : 0;
}
