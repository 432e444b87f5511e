using System.Net;

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
            Assert.Equal((HttpStatusCode.Forbidden, "NOT_ALLOWED"), (answer.StatusCode, (await WebHost.JsonAsync(answer)).GetProperty("error").GetString()));
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
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "NOT_READY"), (right.StatusCode, (await WebHost.JsonAsync(right)).GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Trigger_TokenFileReplaced_CountsAtOnce()
    {
        await using WebHost host = await WebHost.StartAsync();
        await File.WriteAllTextAsync(host.TokenFile, "another-token-of-the-tests", TestContext.Current.CancellationToken);
        using HttpResponseMessage old = await host.TriggerAsync(Trigger), now = await host.TriggerAsync(Trigger, token: "another-token-of-the-tests");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable), (old.StatusCode, now.StatusCode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("               \n")]
    [InlineData(null)]
    public async Task Trigger_TokenFileMissingOrTooShort_IsNotAllowed(string? content)
    {
        await using WebHost host = await WebHost.StartAsync();
        if (content is null) File.Delete(host.TokenFile);
        else await File.WriteAllTextAsync(host.TokenFile, content, TestContext.Current.CancellationToken);
        using HttpResponseMessage answer = await host.TriggerAsync(Trigger, token: content ?? "");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
