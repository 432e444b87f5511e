using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>What the journal gets: one line with a priority for every known mistake, and JSON lines where they are asked for.</summary>
public sealed class StartErrorTests : IAsyncLifetime
{
    // As systemd names the stream: device and inode. The shell sees the same standard error as the program that it becomes.
    private const string AsSystemd = "JOURNAL_STREAM=0:$(stat -Lc %i /proc/self/fd/2) exec \"$0\" \"$@\"";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));
    private readonly ApplianceBox _box = new(new BoxOptions { Port = 1 });

    [Theory]
    [InlineData("port")]
    [InlineData("data folder")]
    [InlineData("instance")]
    [InlineData("pack")]
    [InlineData("configuration")]
    public async Task Run_KnownMistake_IsOneLineWithAPriorityAndNoTrace(string mistake)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string file = Path.Combine(Path.GetDirectoryName(_box.ConfigFile)!, "file");
        await File.WriteAllTextAsync(file, "", _limit.Token);
        using IDisposable? other = mistake == "instance" ? _box.OccupyData() : null;
        await ChangeAsync(root =>
        {
            if (mistake == "port")
                root["http"]!["port"] = ((IPEndPoint)taken.LocalEndpoint).Port;
            if (mistake == "data folder")
                root["dataFolder"] = Path.Combine(file, "data");
            if (mistake == "pack")
                root["modelPack"] = "nowhere";
            if (mistake == "configuration")
                root["nonsense"] = 1;
        });
        (int code, string output, string[] errors) = await RunAsync(
            "/bin/sh",
            "-c",
            AsSystemd,
            Program,
            "run",
            "--config",
            _box.ConfigFile
        );
        Assert.Equal(mistake is "pack" or "configuration" ? 2 : 1, code);
        // A configuration has its name and then a line for each of its errors.
        Assert.Equal(mistake == "configuration" ? 2 : 1, errors.Length);
        Assert.All(errors, e => Assert.StartsWith("<3>clipfusion: error: ", e, StringComparison.Ordinal));
        foreach (string trace in (string[])["   at ", "Hosting failed", "BackgroundService", "Exception"])
            Assert.DoesNotContain(trace, output + string.Concat(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KnownMistakeAtATerminal_HasNoPriority()
    {
        await ChangeAsync(root => root["nonsense"] = 1);
        // A pipe of somebody else: the journal that JOURNAL_STREAM names is not it.
        (_, _, string[] errors) = await RunAsync(
            "/bin/sh",
            "-c",
            "JOURNAL_STREAM=0:1 exec \"$0\" \"$@\"",
            Program,
            "run",
            "--config",
            _box.ConfigFile
        );
        Assert.NotEmpty(errors);
        Assert.All(errors, e => Assert.StartsWith("clipfusion: error: ", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_LogFormatJson_WritesOneObjectALine()
    {
        await ChangeAsync(root => root["log"] = new JsonObject { ["format"] = "json" });
        _box.Start();
        string serving = await _box.Log.SaysAsync("Serving: device", _limit.Token);
        using (JsonDocument line = JsonDocument.Parse(serving))
        {
            Assert.Equal(
                (1005, "Information"),
                (line.RootElement.GetProperty("EventId").GetInt32(), line.RootElement.GetProperty("LogLevel").GetString())
            );
            Assert.Equal("box", line.RootElement.GetProperty("State").GetProperty("Device").GetString());
            Assert.Matches("^[0-9-]{10}T[0-9:.]{12}Z$", line.RootElement.GetProperty("Timestamp").GetString()!);
        }

        Assert.Equal(0, await _box.StopAsync(_limit.Token));
        foreach (string line in _box.Log.Lines)
            JsonDocument.Parse(line).Dispose();
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        _limit.Dispose();
    }

    private static string Program => Programs.ClipFusion;

    private Task ChangeAsync(Action<JsonNode> change) => _box.ConfigureAsync(change, _limit.Token);

    private async Task<(int Code, string Output, string[] Errors)> RunAsync(string program, params string[] arguments)
    {
        ProgramResult end = await Programs.RunAsync(program, arguments, _limit.Token);
        return (end.Code, end.Output, end.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
