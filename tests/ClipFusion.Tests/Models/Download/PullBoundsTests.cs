using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

public sealed class PullBoundsTests
{
    private static readonly byte[] Content = PullBench.Content();

    [Fact]
    public async Task Pull_ContentLengthDiffersFromCatalogue_IsRefusedBeforeTheBody()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content), size: Content.Length - 1));
        Assert.Equal(PullFailure.SizeMismatch, failure.Failure);
        Assert.DoesNotContain(bench.Events, e => e.Step == PullStep.Downloading);
        Assert.Single(bench.Server.Gets);
    }

    [Fact]
    public async Task Pull_MoreBytesThanCatalogue_IsCutAndRefused()
    {
        await using var bench = new PullBench(e => e.ServeChunkedAsync(Content));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content), size: 10_000));
        Assert.Equal(PullFailure.SizeMismatch, failure.Failure);
        Assert.True(bench.Events.Where(e => e.Step == PullStep.Downloading).All(e => e.Bytes <= 10_000));
        bench.AssertNothingLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pull_LargerThanTheBound_IsRefused(bool lengthStated)
    {
        await using var bench = new PullBench(e => lengthStated ? e.ServeAsync(Content) : e.ServeChunkedAsync(Content));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)), bench.Options() with { MaxFileBytes = 200_000 });
        Assert.Equal(PullFailure.SizeMismatch, failure.Failure);
        bench.AssertNothingLeft();
    }

    [Fact]
    public async Task Pull_ContentLengthPromisesTooLittle_NeverInstallsTheTruncatedFile()
    {
        await using var bench = new PullBench(async e =>
        {
            await e.HeadAsync(200, "ETag: \"v1\"", "Content-Length: 1000");
            await e.RawAsync(Content);
        });
        Assert.Equal(PullFailure.HashMismatch, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
        bench.AssertNothingLeft();
    }

    [Fact]
    public async Task Pull_ContentLengthPromisesTooMuch_IsGivenUpAfterTheBoundedRetries()
    {
        await using var bench = new PullBench(async e =>
        {
            if (e.RangeStart is { } start)
                await e.HeadAsync(
                    206,
                    "ETag: \"v1\"",
                    $"Content-Length: {Content.Length + 10 - start}",
                    $"Content-Range: bytes {start}-{Content.Length + 9}/{Content.Length + 10}"
                );
            else
                await e.HeadAsync(200, "ETag: \"v1\"", $"Content-Length: {Content.Length + 10}");
            await e.RawAsync(Content.AsMemory((int)(e.RangeStart ?? 0)));
        });
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.Connection, failure.Failure);
        Assert.Contains("6 tries", failure.Message, StringComparison.Ordinal);
        Assert.Equal(6, bench.Server.Gets.Count);
        Assert.False(File.Exists(bench.FinalPath));
    }

    [Fact]
    public async Task Pull_ChunkedWithoutLength_Installs()
    {
        await using var bench = new PullBench(e => e.ServeChunkedAsync(Content));
        await bench.PullAsync(bench.Set(null), bench.Options(acceptHash: true));
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_LengthUnknownAndHashUnknown_IsRefusedBecauseACutWouldGoUnnoticed()
    {
        await using var bench = new PullBench(async e =>
        {
            await e.HeadAsync(200, "ETag: \"v1\"");
            await e.RawAsync(Content.AsMemory(0, 1000));
        });
        Assert.Equal(PullFailure.Protocol, (await bench.FailAsync(bench.Set(null), bench.Options(acceptHash: true))).Failure);
        Assert.False(File.Exists(bench.FinalPath));
    }

    [Fact]
    public async Task Pull_CompressedAnswer_IsRefused()
    {
        await using var bench = new PullBench(e => e.HeadAsync(200, "Content-Encoding: gzip", "Content-Length: 3"));
        Assert.Equal(PullFailure.Protocol, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
    }

    [Fact]
    public async Task Pull_DiskTooSmallByTheServersSize_FailsBeforeAnyBody()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content))
        {
            Head = e => e.ServeAsync(Content),
            FreeBytes = Content.Length + 999,
        };
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.DiskSpace, failure.Failure);
        Assert.Empty(bench.Server.Gets);

        bench.FreeBytes = Content.Length + 1000;
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_DiskTooSmallAndSizeOnlyKnownAtDownload_FailsBeforeTheBody()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content)) { FreeBytes = 5000 };
        Assert.Equal(PullFailure.DiskSpace, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
        Assert.DoesNotContain(bench.Events, e => e.Step == PullStep.Downloading);
    }

    [Fact]
    public async Task Pull_DiskHasRoomForTheMissingPartOnly_Continues()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content, stopAfter: 200_000), e => e.ServeAsync(Content))
        {
            Head = e => e.ServeAsync(Content),
        };
        await bench.FailAsync(bench.Set(PullBench.Sha256(Content)), bench.Options() with { MaxRetries = 0 });
        bench.FreeBytes = 101_000;
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_FolderInUseByAnotherPull_IsRefusedAndLeavesTheOtherAlone()
    {
        var second = new TaskCompletionSource();
        await using var bench = new PullBench(async e =>
        {
            await second.Task;
            await e.ServeAsync(Content);
        });
        var first = bench.PullAsync(Content);
        while (bench.Server.Gets.Count == 0)
            await Task.Yield();
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.Busy, failure.Failure);
        second.SetResult();
        await first;
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_TargetCannotBeWritten_SaysSo()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        await File.WriteAllTextAsync(
            Path.Combine(bench.Directory, PullBench.SetName),
            "a file where the folder goes",
            TestContext.Current.CancellationToken
        );
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.Storage, failure.Failure);
        Assert.Contains(bench.Directory, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a\\..\\b")]
    public async Task Pull_PathOutsideTheFolder_IsRefused(string path)
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        var set = bench.Set(null) with { Files = [new ModelFile(path, null, PullBench.Sha256(Content))] };
        await Assert.ThrowsAsync<ArgumentException>(() => bench.PullAsync(set));
        Assert.Empty(bench.Server.Requests);
    }
}
