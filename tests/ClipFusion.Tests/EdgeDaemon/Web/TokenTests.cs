using System.Net;
using ClipFusion.EdgeDaemon.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>Who may change something over HTTP.</summary>
public sealed class TokenTests
{
    private const string Trigger = """{"triggerId":"a"}""";

    [Fact]
    public async Task Trigger_WithoutTokenFile_IsNotAllowedWhateverIsShown()
    {
        await using WebHost host = await WebHost.StartAsync(hasToken: false);
        foreach (string? shown in (string?[])[null, "", WebHost.Token])
        {
            using HttpResponseMessage answer = await host.TriggerAsync(Trigger, token: shown);
            Assert.Equal(
                (HttpStatusCode.Forbidden, "NOT_ALLOWED"),
                (answer.StatusCode, (await WebHost.JsonAsync(answer)).GetProperty("error").GetString())
            );
        }
    }

    [Fact]
    public async Task Trigger_OtherToken_IsUnauthorisedAndTheRightOneIsNot()
    {
        await using WebHost host = await WebHost.StartAsync();
        foreach (string? shown in (string?[])[null, "x", WebHost.Token + "x", WebHost.Token[1..]])
        {
            using HttpResponseMessage answer = await host.TriggerAsync(Trigger, token: shown);
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        }

        // There is no box: the token was right.
        using HttpResponseMessage right = await host.TriggerAsync(Trigger);
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "NOT_READY"),
            (right.StatusCode, (await WebHost.JsonAsync(right)).GetProperty("error").GetString())
        );
    }

    [Fact]
    public async Task Trigger_TokenFileReplaced_CountsWithinASecond()
    {
        var time = new FakeTimeProvider();
        await using WebHost host = await WebHost.StartAsync(more: services => services.AddSingleton<TimeProvider>(time));
        await File.WriteAllTextAsync(host.TokenFile, "another-token-of-the-tests", TestContext.Current.CancellationToken);
        // No request looks at the file.
        using (HttpResponseMessage still = await host.TriggerAsync(Trigger))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, still.StatusCode);
        time.Advance(HttpToken.Interval);
        using HttpResponseMessage old = await host.TriggerAsync(Trigger),
            now = await host.TriggerAsync(Trigger, token: "another-token-of-the-tests");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable), (old.StatusCode, now.StatusCode));
    }

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public async Task Trigger_TokenFileThatIsNone_IsRefusedAtOnceHoweverManyAsk(string command)
    {
        var time = new FakeTimeProvider();
        await using WebHost host = await WebHost.StartAsync(more: services => services.AddSingleton<TimeProvider>(time));
        File.Delete(host.TokenFile);
        await Programs.PassAsync(command, [host.TokenFile], TestContext.Current.CancellationToken);
        time.Advance(HttpToken.Interval);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => host.TriggerAsync(Trigger)))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Forbidden, a.StatusCode));
        Assert.Equal("live", (await host.JsonAsync("/health/live")).GetProperty("status").GetString());
        foreach (HttpResponseMessage answer in answers)
            answer.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("               \n")]
    [InlineData(null)]
    public async Task Trigger_TokenFileMissingOrTooShort_IsNotAllowed(string? content)
    {
        var time = new FakeTimeProvider();
        await using WebHost host = await WebHost.StartAsync(more: services => services.AddSingleton<TimeProvider>(time));
        if (content is null)
            File.Delete(host.TokenFile);
        else
            await File.WriteAllTextAsync(host.TokenFile, content, TestContext.Current.CancellationToken);
        time.Advance(HttpToken.Interval);
        using HttpResponseMessage answer = await host.TriggerAsync(Trigger, token: content?.Trim() ?? "");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
