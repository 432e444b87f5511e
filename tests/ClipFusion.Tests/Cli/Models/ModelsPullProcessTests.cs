using System.Diagnostics;
using System.Text.Json;
using ClipFusion.Tests.Models.Download;

namespace ClipFusion.Tests.Cli.Models;

/// <summary>The real program against a real HTTPS server, stopped in the ways that a line stops it.</summary>
[Trait("speed", "slow")]
public sealed class ModelsPullProcessTests : IDisposable
{
    // More than the 16 MiB between two durable marks, so that a killed pull has something to continue from.
    private static readonly byte[] Content = PullBench.Content(20 << 20);

    private readonly TemporaryFolder _directory = new();
    private readonly List<string> _output = [];

    private string Target => _directory["models"];

    private string Installed => Path.Combine(Target, "tiny", "net.bin");

    [Fact]
    public async Task Pull_Json_InstallsAndEndsWithDone()
    {
        await using var server = new TlsServer(e => e.ServeAsync(Content));
        await using Child process = Start(server);
        var (code, output, error) = await EndAsync(process);
        Assert.Equal("", error);
        Assert.Equal(0, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal("done", lines[^1].GetProperty("event").GetString());
        Assert.Equal(PullBench.Sha256(Content), lines[^1].GetProperty("files")[0].GetProperty("sha256").GetString());
        Assert.Equal(Content, await File.ReadAllBytesAsync(Installed, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("INT")]
    public async Task Pull_StoppedMidway_GoesOnWhereItWas(string signal)
    {
        var sent = new TaskCompletionSource();
        await using var server = new TlsServer(async e =>
        {
            if (e.Method == "HEAD" || e.RangeStart is not null)
            {
                await e.ServeAsync(Content);
                return;
            }

            await e.ServeAsync(Content, stopAfter: 18 << 20);
            sent.SetResult();
            await e.HungUpAsync();
        });

        await using (Child process = Start(server))
        {
            await sent.Task;
            while (!await MarkIsDurableAsync())
                await Task.Yield();
            await process.SignalAsync(signal, TestContext.Current.CancellationToken);
            var (code, _, error) = await EndAsync(process);
            if (signal == "INT")
            {
                Assert.Equal(130, code);
                Assert.Equal("clipfusion: error: stopped", error.Trim());
            }

            Assert.False(File.Exists(Installed));
        }

        await using Child again = Start(server);
        Assert.Equal(0, (await EndAsync(again)).Code);
        Assert.InRange(server.Gets[^1].RangeStart ?? 0, 16 << 20, 18 << 20);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Installed, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Pull_ServerHasNoSuchFile_ExitsWith1AndSaysWhich()
    {
        await using var server = new TlsServer(e => e.StatusAsync(404));
        await using Child process = Start(server, json: false);
        var (code, _, error) = await EndAsync(process);
        Assert.Equal(1, code);
        string last = error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("clipfusion: error: tiny/net.bin: ", last, StringComparison.Ordinal);
        Assert.Contains("404", last, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<bool> MarkIsDurableAsync()
    {
        string state = Installed + ".part.json";
        if (!File.Exists(state))
            return false;
        string text = await File.ReadAllTextAsync(state, TestContext.Current.CancellationToken);
        return JsonDocument.Parse(text).RootElement.GetProperty("Bytes").GetInt64() > 0;
    }

    private Child Start(TlsServer server, bool json = true)
    {
        string catalogue = _directory["models.json"],
            authority = _directory["ca.pem"];
        File.WriteAllText(authority, TlsServer.Certificate.ExportCertificatePem());
        File.WriteAllText(
            catalogue,
            $$$"""
            {"schema":1,"sets":{"tiny":{"description":"d","source":"s","baseUrl":"{{{server.BaseUrl}}}","licence":"MIT","licenceUrl":"https://localhost/",
            "files":[{"path":"net.bin","size":null,"sha256":"{{{PullBench.Sha256(Content)}}}"}] } } }
            """
        );
        ProcessStartInfo start = DefaultSignals.Start(Programs.ClipFusion, ["models", "pull", "--to", Target, "--catalogue", catalogue]);
        // The way to trust one more certificate authority on Linux.
        start.Environment["SSL_CERT_FILE"] = authority;
        foreach (string proxy in (string[])["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
            start.Environment[proxy] = "";
        if (json)
            start.ArgumentList.Add("--json");
        return Child.Start(start, onOutput: _output.Add);
    }

    private async Task<(int Code, string Output, string Error)> EndAsync(Child process)
    {
        int code = await process.EndAsync(TestContext.Current.CancellationToken);
        return (code, string.Join('\n', _output), string.Join('\n', process.Log.Lines));
    }
}
