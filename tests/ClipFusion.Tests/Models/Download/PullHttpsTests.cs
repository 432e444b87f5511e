using System.Text;
using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

public sealed class PullHttpsTests
{
    private static readonly byte[] Content = PullBench.Content(20_000);

    [Fact]
    public async Task Pull_RedirectToHttp_IsRefused()
    {
        await using var bench = new PullBench(e => e.StatusAsync(302, "Location: http://localhost/weights?signature=secret"));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.NotHttps, failure.Failure);
        Assert.Contains("http://localhost/weights", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Single(bench.Server.Gets);
    }

    [Fact]
    public async Task Pull_RedirectLoop_EndsAfterFiveRedirects()
    {
        await using var bench = new PullBench(e => e.StatusAsync(302, $"Location: {e.Path}"));
        Assert.Equal(PullFailure.BadRedirect, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
        Assert.Equal(6, bench.Server.Gets.Count);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Pull_RelativeRedirect_IsResolvedAgainstTheRequest(int status)
    {
        await using var bench = new PullBench(e => e.StatusAsync(status, "Location: ../cdn/blob?key=1"), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal("/files/cdn/blob?key=1", bench.Server.Gets[1].Path);
    }

    [Fact]
    public async Task Pull_RedirectWithoutLocation_IsRefused()
    {
        await using var bench = new PullBench(e => e.StatusAsync(302));
        Assert.Equal(PullFailure.BadRedirect, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
    }

    [Fact]
    public async Task Pull_RedirectToAnotherHostAndBack_SendsCredentialsToTheFirstOnly()
    {
        await using var bench = new PullBench(e =>
            e.Path.EndsWith("back", StringComparison.Ordinal)
                ? e.ServeAsync(Content)
                : e.StatusAsync(302, $"Location: https://user:injected@127.0.0.1:{OtherPort}/away")
        );
        await using var other = new TlsServer(e => e.StatusAsync(302, $"Location: https://localhost:{bench.Server.Port}/back"));
        OtherPort = other.Port;

        var withPassword = new UriBuilder(bench.Server.BaseUrl) { UserName = "line%201", Password = "p%40ss" }.Uri;
        await bench.PullAsync(bench.Set(PullBench.Sha256(Content), baseUrl: withPassword));
        bench.AssertInstalled(Content);
        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("line 1:p@ss")),
            bench.Server.Gets[0].Header("Authorization")
        );
        Assert.Null(other.Gets[0].Header("Authorization"));
        Assert.Null(bench.Server.Gets[1].Header("Authorization"));
    }

    private int OtherPort { get; set; }

    [Fact]
    public async Task Pull_FailureUnderCredentials_ShowsNoneOfThem()
    {
        await using var bench = new PullBench(e => e.StatusAsync(403));
        var withPassword = new UriBuilder(bench.Server.BaseUrl) { UserName = "somebody", Password = "secret" }.Uri;
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content), baseUrl: withPassword));
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetFiles(bench.Directory, "*", SearchOption.AllDirectories),
            f => File.ReadAllText(f).Contains("secret", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Pull_UntrustedCertificate_IsRefusedWithoutRetries()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        using var strict = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)), handler: strict);
        Assert.Equal(PullFailure.UntrustedServer, failure.Failure);
        Assert.Empty(bench.Time.Pauses);
    }

    [Fact]
    public async Task Pull_BaseUrlReplaced_AsksTheMirror()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content));
        var set = bench.Set(PullBench.Sha256(Content), baseUrl: new Uri("https://withdrawn.invalid/"));
        await bench.PullAsync(
            set,
            bench.Options() with
            {
                BaseUrls = new Dictionary<string, Uri> { ["source"] = new($"https://localhost:{bench.Server.Port}/mirror/") },
            }
        );
        bench.AssertInstalled(Content);
        Assert.Equal("/mirror/" + PullBench.FileName, bench.Server.Gets[0].Path);
    }

    [Theory]
    [InlineData("http://localhost/")]
    [InlineData("https://localhost/no-slash")]
    [InlineData("https://localhost/?query")]
    public void Puller_UnusableBaseUrl_IsRefused(string url)
    {
        var options = new PullOptions
        {
            TargetDirectory = Path.GetTempPath(),
            BaseUrls = new Dictionary<string, Uri> { ["source"] = new(url) },
        };
        Assert.Throws<ArgumentException>(() => new ModelPuller(options));
    }

    [Fact]
    public void Puller_HandlerThatFollowsRedirects_IsRefused()
    {
        using var careless = new SocketsHttpHandler();
        Assert.Throws<ArgumentException>(() => new ModelPuller(new PullOptions { TargetDirectory = Path.GetTempPath() }, careless));
    }
}
