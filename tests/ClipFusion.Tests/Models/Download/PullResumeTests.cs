using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

public sealed class PullResumeTests
{
    private static readonly byte[] Content = PullBench.Content();
    private static readonly byte[] Newer = PullBench.Content(310_000, seed: 8);

    [Fact]
    public async Task Pull_ConnectionCutMidBody_ContinuesFromTheCutUnderIfRange()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content, stopAfter: 100_000), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal(100_000, bench.Server.Gets[1].RangeStart);
        Assert.Equal("\"v1\"", bench.Server.Gets[1].Header("If-Range"));
    }

    [Fact]
    public async Task Pull_ServerWithoutRanges_StartsFromTheFirstByte()
    {
        Func<Exchange, int, Task> whole = async (e, bytes) =>
        {
            await e.HeadAsync(200, "ETag: \"v1\"", $"Content-Length: {Content.Length}");
            await e.RawAsync(Content.AsMemory(0, bytes));
        };
        await using var bench = new PullBench(e => whole(e, 50_000), e => whole(e, Content.Length));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Contains(bench.Events, e => e.Step == PullStep.Restarted);
    }

    [Fact]
    public async Task Pull_ServerWithoutValidators_AsksForTheWholeFileAgain()
    {
        await using var bench = new PullBench(
            async e =>
            {
                await e.HeadAsync(200, $"Content-Length: {Content.Length}");
                await e.RawAsync(Content.AsMemory(0, 50_000));
            },
            e => e.ServeAsync(Content)
        );
        var first = bench.Options() with { MaxRetries = 0 };
        await bench.FailAsync(bench.Set(PullBench.Sha256(Content)), first);
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Null(bench.Server.Gets[1].RangeStart);
    }

    [Fact]
    public async Task Pull_EntityTagChanged_TakesTheNewFileOnly()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content, stopAfter: 100_000), e => e.ServeAsync(Newer, "\"v2\""));
        await bench.PullAsync(Newer);
        bench.AssertInstalled(Newer);
    }

    [Fact]
    public async Task Pull_ServerIgnoresIfRangeAndFileChanged_DoesNotMixTheTwo()
    {
        await using var bench = new PullBench(
            e => e.ServeAsync(Content, stopAfter: 100_000),
            async e =>
            {
                await e.HeadAsync(
                    206,
                    "ETag: \"v2\"",
                    $"Content-Length: {Newer.Length - 100_000}",
                    $"Content-Range: bytes 100000-{Newer.Length - 1}/{Newer.Length}"
                );
                await e.RawAsync(Newer.AsMemory(100_000));
            },
            e => e.ServeAsync(Newer, "\"v2\"")
        );
        await bench.PullAsync(Newer);
        bench.AssertInstalled(Newer);
        Assert.Null(bench.Server.Gets[2].RangeStart);
    }

    [Fact]
    public async Task Pull_WrongRangeSent_StartsFromTheFirstByte()
    {
        await using var bench = new PullBench(
            e => e.ServeAsync(Content, stopAfter: 100_000),
            async e =>
            {
                await e.HeadAsync(206, "ETag: \"v1\"", "Content-Length: 1000", $"Content-Range: bytes 0-999/{Content.Length}");
                await e.RawAsync(Content.AsMemory(0, 1000));
            },
            e => e.ServeAsync(Content)
        );
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_RangeNotSatisfiableBecauseAllIsThere_Installs()
    {
        // Chunked and cut before the closing chunk: every byte came, but nobody said that it was the last.
        await using var bench = new PullBench(e => e.ServeChunkedAsync(Content, end: false), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal(Content.Length, bench.Server.Gets[1].RangeStart);
        Assert.Equal(2, bench.Server.Gets.Count);
    }

    [Fact]
    public async Task Pull_RangeNotSatisfiableBecauseFileShrank_StartsFromTheFirstByte()
    {
        byte[] shorter = PullBench.Content(20_000, seed: 9);
        await using var bench = new PullBench(
            e => e.ServeAsync(Content, stopAfter: 100_000),
            e => e.StatusAsync(416, $"Content-Range: bytes */{shorter.Length}"),
            e => e.ServeAsync(shorter, "\"v2\"")
        );
        await bench.PullAsync(shorter);
        bench.AssertInstalled(shorter);
    }

    [Fact]
    public async Task Pull_Cancelled_NextPullContinues()
    {
        await using var bench = new PullBench(
            async e =>
            {
                await e.ServeAsync(Content, stopAfter: 100_000);
                await e.HungUpAsync();
            },
            e => e.ServeAsync(Content)
        );
        bench.OnProgress = p =>
        {
            if (p.Step == PullStep.Downloading && p.Bytes == 100_000)
                bench.Stop.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.PullAsync(bench.Set(PullBench.Sha256(Content))));
        Assert.False(File.Exists(bench.FinalPath));

        bench.Stop.Dispose();
        bench.Stop = new CancellationTokenSource();
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal(100_000, bench.Server.Gets[1].RangeStart);
    }

    [Fact]
    public async Task Pull_PartHasBytesBeyondTheDurableMark_DropsThem()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content, stopAfter: 100_000), e => e.ServeAsync(Content));
        await bench.FailAsync(bench.Set(PullBench.Sha256(Content)), bench.Options() with { MaxRetries = 0 });
        using (var part = new FileStream(bench.PartPath, FileMode.Append))
            part.Write(new byte[5000]);

        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal(100_000, bench.Server.Gets[1].RangeStart);
    }

    [Fact]
    public async Task Pull_PartDamagedInBetween_RefusesItAndTheNextPullIsClean()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content, stopAfter: 100_000), e => e.ServeAsync(Content));
        var set = bench.Set(PullBench.Sha256(Content));
        await bench.FailAsync(set, bench.Options() with { MaxRetries = 0 });
        using (var part = new FileStream(bench.PartPath, FileMode.Open))
            part.Write(new byte[100]);

        var failure = await bench.FailAsync(set);
        Assert.Equal(PullFailure.HashMismatch, failure.Failure);
        bench.AssertNothingLeft();
        await bench.PullAsync(set);
        bench.AssertInstalled(Content);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"Url":"https://localhost/other","ETag":"\"v1\"","LastModified":null,"Total":null,"Bytes":10}""")]
    public async Task Pull_UselessStateFile_StartsFromTheFirstByte(string state)
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        Directory.CreateDirectory(Path.GetDirectoryName(bench.FinalPath)!);
        await File.WriteAllBytesAsync(bench.PartPath, new byte[1000], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(bench.PartPath + ".json", state, TestContext.Current.CancellationToken);
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Null(bench.Server.Gets[0].RangeStart);
    }
}
