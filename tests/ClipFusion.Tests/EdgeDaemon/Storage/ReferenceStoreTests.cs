using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Inspection.Recipes;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Reference sets on the disk: what was said to be there is there, and nothing is there by half.</summary>
public sealed class ReferenceStoreTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));

    private string Plate => Path.Combine(_data.Root, "references", "plate");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Draft_FromStartToFinish_BecomesASetWithItsBytes()
    {
        ReferenceStore store = Open();
        ReferenceDraft draft = store.StartDraft("plate", "line1");
        draft = Add(store, draft, 1);
        draft = Add(store, draft, 2);
        draft = Add(store, draft, 3);
        draft = store.Remove(draft, 2);
        draft = Add(store, draft, 4);
        Assert.Empty(store.Sets("plate"));
        ReferenceSet made = store.Finish(draft);

        ReferenceSet read = Open().Open("plate", 1, TestContext.Current.CancellationToken);
        Assert.Equal((1, true, "line1", made.Version), (read.Number, read.IsTaught, read.Station, read.Version));
        // A number is never used twice, so that nothing of a picture that was taken out can be taken for another.
        Assert.Equal(["01.png", "03.png", "04.png"], read.Pictures.Select(p => p.File));
        Assert.Equal(
            [
                [1, 1],
                [3, 3],
                [4, 4],
            ],
            read.Pictures.Select(p => File.ReadAllBytes(store.PathOf(read, p)))
        );
        Assert.Equal([1], store.Sets("plate"));
        Assert.Empty(Open().Recover());
        Assert.Equal(["0001"], Directory.GetFileSystemEntries(Plate).Select(Path.GetFileName));
        Assert.Null(store.Index("plate").Active);
    }

    [Fact]
    public void Version_SaysWhichPicturesInWhichOrder()
    {
        ReferenceStore store = Open();
        string Of(params byte[] pictures)
        {
            ReferenceDraft draft = store.StartDraft("plate", "line1");
            foreach (byte picture in pictures)
                draft = Add(store, draft, picture);
            return store.Finish(draft).Version;
        }

        string[] versions = [Of(1, 2), Of(2, 1), Of(1), Of(1, 2)];
        Assert.Equal(versions[0], versions[3]);
        Assert.Equal(3, versions.Distinct().Count());
    }

    [Fact]
    public void Recover_ADraftOfBefore_GoesOnWithWhatWasListed()
    {
        ReferenceStore store = Open();
        ReferenceDraft draft = Add(store, store.StartDraft("plate", "line1"), 1);
        string folder = Path.Combine(Plate, "draft");
        // A picture that a kill left before it was listed, half a file, and a set that was described but not named.
        File.WriteAllBytes(Path.Combine(folder, "02.png"), [2]);
        File.WriteAllBytes(Path.Combine(folder, ".clipfusion-0123.tmp"), [3]);
        File.WriteAllText(Path.Combine(folder, "set.json"), "{");
        Directory.CreateDirectory(Path.Combine(Plate, "import"));

        ReferenceStore again = Open();
        ReferenceDraft known = Assert.Single(again.Recover());
        Assert.Equal(("plate", "line1", 2), (known.Recipe, known.Station, known.NextFile));
        Assert.Equal(["01.png", "draft.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(Path.Combine(Plate, "import")));
        Assert.Equal(2, again.Finish(Add(again, known, 5)).Pictures.Count);
        Assert.Throws<ReferenceException>(() => again.Open("plate", 2, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Recover_ACancelledDraft_LeavesNothing()
    {
        ReferenceStore store = Open();
        ReferenceDraft draft = Add(store, store.StartDraft("plate", "line1"), 1);
        // As a kill in the middle of a cancel leaves it.
        File.Delete(Path.Combine(Plate, "draft", "draft.json"));
        Assert.Empty(Open().Recover());
        Assert.False(Directory.Exists(Path.Combine(Plate, "draft")));

        draft = Add(store, store.StartDraft("plate", "line1"), 1);
        store.Cancel(draft);
        Assert.Empty(Directory.GetFileSystemEntries(Plate));
    }

    [Fact]
    public void StartDraft_WhereOneIs_IsRefusedAndLeavesIt()
    {
        ReferenceStore store = Open();
        Add(store, store.StartDraft("plate", "line1"), 1);
        Assert.Contains(
            "being collected already",
            Assert.Throws<ReferenceException>(() => store.StartDraft("plate", "line2")).Message,
            StringComparison.Ordinal
        );
        Assert.Single(Assert.Single(Open().Recover()).Pictures);
    }

    [Fact]
    public void Open_APictureThatChanged_NamesItAndWhatItWas()
    {
        ReferenceStore store = Open();
        ReferenceSet set = Taught(store, 1, 2);
        string second = store.PathOf(set, set.Pictures[1]);
        File.WriteAllBytes(second, [9]);
        string message = Assert.Throws<ReferenceException>(() => store.Open("plate", 1, TestContext.Current.CancellationToken)).Message;
        Assert.Contains(second, message, StringComparison.Ordinal);
        Assert.Contains(set.Pictures[1].Sha256, message, StringComparison.Ordinal);
        File.Delete(second);
        Assert.Contains(
            "no such file",
            Assert.Throws<ReferenceException>(() => store.Open("plate", 1, TestContext.Current.CancellationToken)).Message,
            StringComparison.OrdinalIgnoreCase
        );
    }

    [Theory]
    [InlineData("set.json", "{", "$")]
    [InlineData("set.json", """{"schema":"clipfusion/reference-set/1","recipe":"plate","number":1}""", "$.pictures")]
    [InlineData(
        "set.json",
        """{"schema":"clipfusion/reference-set/1","recipe":"plate","number":1,"version":"0123456789abcdef","isTaught":true,"station":null,"createdAt":"2026-03-01T10:00:00Z","pictures":[{"file":"../../x.png","sha256":"no","bytes":-1,"source":"net","addedAt":"x"}]}""",
        "$.pictures[0].file"
    )]
    public void Find_ADescriptionThatIsNone_SaysWhereAndWhatIsExpected(string file, string content, string expected)
    {
        ReferenceStore store = Open();
        Taught(store, 1);
        File.WriteAllText(Path.Combine(Plate, "0001", file), content);
        Assert.Contains(expected, Assert.Throws<ReferenceException>(() => store.Find("plate", 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_Changes_SurviveAndForgetSetsThatAreGone()
    {
        ReferenceStore store = Open();
        Taught(store, 1);
        Taught(store, 2);
        var thresholds = new SetThresholds(
            2,
            "pack",
            ThresholdState.Provisional,
            _time.GetUtcNow(),
            new Dictionary<Profile, double> { [Profile.ClipFusion] = 0.1 + 0.2, [Profile.Backbone] = double.Epsilon },
            new Dictionary<Profile, double> { [Profile.ClipFusion] = 1.0 / 3 }
        );
        store.Change("plate", i => i.Activate(1));
        store.Change("plate", i => i.Activate(2).With(thresholds).With(thresholds with { Set = 7 }));
        ReferenceIndex read = Open().Index("plate");
        Assert.Equal((2, 1), (read.Active, read.Previous));
        SetThresholds kept = Assert.Single(read.Thresholds);
        Assert.Equal(thresholds.Scores, kept.Scores);
        Assert.Equal(thresholds.Maps, kept.Maps);
        Assert.Equal((thresholds.State, thresholds.SetAt), (kept.State, kept.SetAt));

        // Nothing that changes nothing is written: a start on a full disk must not need room.
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(Plate, "index.json"));
        store.Change("plate", i => i.Activate(2));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(Plate, "index.json")));
    }

    [Fact]
    public void Finish_ManySets_KeepsTheActiveAndTheOneBeforeIt()
    {
        ReferenceStore store = Open();
        Taught(store, 1);
        Taught(store, 2);
        store.Change("plate", i => i.Activate(1));
        store.Change("plate", i => i.Activate(2));
        for (int i = 0; i < ReferenceStore.MaxSets + 3; i++)
            Taught(store, 3);
        IReadOnlyList<int> kept = store.Sets("plate");
        Assert.Equal([1, 2], kept.Take(2));
        Assert.Equal(ReferenceStore.MaxSets + 5, kept[^1]);
        Assert.InRange(kept.Count, ReferenceStore.MaxSets, ReferenceStore.MaxSets + 2);
    }

    [Fact]
    public void Import_FilesOfARecipe_AreASetThatIsNotTaught()
    {
        string folder = _data.Make("recipes");
        string[] files = ["a.png", "b.JPG", "c.tiff"];
        foreach (string file in files)
            File.WriteAllText(Path.Combine(folder, file), file);
        string[] paths = [.. files.Select(f => Path.Combine(folder, f))];
        string version = ContentHash.Of(paths.Select(ContentHash.OfFile));
        ReferenceStore store = Open();
        ReferenceSet set = store.Import("plate", paths, version);
        Assert.Equal((false, null, version), (set.IsTaught, set.Station, set.Version));
        Assert.Equal(set.Version, store.Open("plate", set.Number, TestContext.Current.CancellationToken).Version);

        // Changed between the enrolment and here.
        File.WriteAllText(paths[1], "other");
        Assert.Throws<ReferenceException>(() => store.Import("plate", paths, version));
        Assert.Equal([1], store.Sets("plate"));
        Assert.False(Directory.Exists(Path.Combine(Plate, "import")));
    }

    [Fact]
    public void Add_MorePicturesThanASetMayHave_IsRefused()
    {
        ReferenceStore store = Open();
        ReferenceDraft draft = store.StartDraft("plate", "line1");
        for (int i = 0; i < ReferenceStore.MaxPictures; i++)
            draft = Add(store, draft, (byte)i);
        Assert.Throws<ReferenceException>(() => Add(store, draft, 1));
        Assert.Equal(ReferenceStore.MaxPictures, store.Finish(draft).Pictures.Count);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData("A")]
    public void Names_ThatAreNone_AreNeverFolders(string recipe) =>
        Assert.Throws<ArgumentException>(() => Open().StartDraft(recipe, "line1"));

    private ReferenceStore Open() => new(_data.Root, _time);

    private static ReferenceSet Taught(ReferenceStore store, params byte[] pictures)
    {
        ReferenceDraft draft = store.StartDraft("plate", "line1");
        foreach (byte picture in pictures)
            draft = Add(store, draft, picture);
        return store.Finish(draft);
    }

    private static ReferenceDraft Add(ReferenceStore store, ReferenceDraft draft, byte content) =>
        store.Add(draft, [content, content], ".png", ReferenceSource.Upload, "picture");
}
