using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

public sealed class PullVerifyTests
{
    private static readonly byte[] Content = PullBench.Content();
    private static readonly byte[] Other = PullBench.Content(seed: 8);

    [Fact]
    public async Task Pull_WrongHash_InstallsNothingAndNamesFileExpectedAndFound()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Other));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.HashMismatch, failure.Failure);
        Assert.Contains("set/" + PullBench.FileName, failure.Message, StringComparison.Ordinal);
        Assert.Contains(PullBench.Sha256(Content), failure.Message, StringComparison.Ordinal);
        Assert.Contains(PullBench.Sha256(Other), failure.Message, StringComparison.Ordinal);
        bench.AssertNothingLeft();
    }

    [Fact]
    public async Task Pull_UnknownHash_IsRefusedBeforeTheServerIsAsked()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        var failure = await bench.FailAsync(bench.Set(null));
        Assert.Equal(PullFailure.HashUnknown, failure.Failure);
        Assert.Contains("--accept-hash", failure.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Server.Requests);
    }

    [Fact]
    public async Task Pull_AcceptedHash_IsPinnedAndLaterPullsNeedNoAccepting()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        await bench.PullAsync(bench.Set(null), bench.Options(acceptHash: true));
        bench.AssertInstalled(Content);
        Assert.Contains(PullBench.Sha256(Content), PinsOf(bench), StringComparison.Ordinal);

        File.Delete(bench.FinalPath);
        await bench.PullAsync(bench.Set(null));
        bench.AssertInstalled(Content);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pull_ServerNoLongerMatchesThePin_IsRefusedEvenWhenAccepting(bool accept)
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content), e => e.ServeAsync(Other, "\"v2\""));
        await bench.PullAsync(bench.Set(null), bench.Options(acceptHash: true));
        string pins = PinsOf(bench);
        File.Delete(bench.FinalPath);

        var failure = await bench.FailAsync(bench.Set(null), bench.Options(accept));
        Assert.Equal(PullFailure.HashMismatch, failure.Failure);
        Assert.Contains("models.lock.json", failure.Message, StringComparison.Ordinal);
        Assert.Equal(pins, PinsOf(bench));
        bench.AssertNothingLeft();
    }

    [Fact]
    public async Task Pull_PinContradictsCatalogue_IsRefusedBeforeTheServerIsAsked()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        await bench.PullAsync(bench.Set(null), bench.Options(acceptHash: true));
        int before = bench.Server.Requests.Count;
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Other)));
        Assert.Equal(PullFailure.PinConflict, failure.Failure);
        Assert.Equal(before, bench.Server.Requests.Count);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"schema":1,"files":{},"extra":1}""")]
    [InlineData("""{"schema":2,"files":{}}""")]
    [InlineData("""{"schema":1,"files":{"set/f":{"sha256":"12","size":1,"origin":"","pinnedAt":"2026-01-01T00:00:00Z"}}}""")]
    public async Task Pull_UnreadablePins_AreRefusedAndKept(string pins)
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        string path = Path.Combine(bench.Directory, "models.lock.json");
        await File.WriteAllTextAsync(path, pins, TestContext.Current.CancellationToken);
        var failure = await bench.FailAsync(bench.Set(null), bench.Options(acceptHash: true));
        Assert.Equal(PullFailure.PinConflict, failure.Failure);
        Assert.Equal(pins, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Pull_RightFileIsThere_AsksTheServerNothing()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        int before = bench.Server.Requests.Count;
        var again = await bench.PullAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.False(again.Downloaded);
        Assert.Equal(before, bench.Server.Requests.Count);
    }

    [Fact]
    public async Task Pull_WrongFileIsThere_ReplacesItOnlyByTheRightOne()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Other), e => e.ServeAsync(Content));
        Directory.CreateDirectory(Path.GetDirectoryName(bench.FinalPath)!);
        await File.WriteAllTextAsync(bench.FinalPath, "old", TestContext.Current.CancellationToken);
        await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal("old", await File.ReadAllTextAsync(bench.FinalPath, TestContext.Current.CancellationToken));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_FileBroughtByHandAndAccepting_PinsItWithoutDownload()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Other));
        Directory.CreateDirectory(Path.GetDirectoryName(bench.FinalPath)!);
        await File.WriteAllBytesAsync(bench.FinalPath, Content, TestContext.Current.CancellationToken);
        var pulled = await bench.PullAsync(bench.Set(null), bench.Options(acceptHash: true));
        Assert.False(pulled.Downloaded);
        Assert.Empty(bench.Server.Requests);
        Assert.Contains(PullBench.Sha256(Content), PinsOf(bench), StringComparison.Ordinal);
    }

    private static string PinsOf(PullBench bench) => File.ReadAllText(Path.Combine(bench.Directory, "models.lock.json"));
}
