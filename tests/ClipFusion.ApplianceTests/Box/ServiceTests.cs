using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The appliance as systemd sees it: notifications, signals, exit codes.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private const string Status = "clipfusion/v1/box/out/status",
        State = "clipfusion/v1/box/out/line1/state";
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(4));
    private readonly NotifySocket _manager = new();
    private readonly List<IAsyncDisposable> _open = [];

    [Fact]
    public async Task Run_UnderAServiceManager_SaysReadyThenAliveAgainAndAgainThenStopping()
    {
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        box.Start(_manager);
        // It may feed before it is ready, and says READY=1 once.
        List<string> before = await _manager.UntilAsync("READY=1", _limit.Token);
        Assert.All(before, m => Assert.Equal("WATCHDOG=1", m));
        for (int i = 0; i < 10; i++)
            Assert.Equal("WATCHDOG=1", await _manager.NextAsync(_limit.Token));
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
        Assert.All(await _manager.UntilAsync("STOPPING=1", _limit.Token), m => Assert.Equal("WATCHDOG=1", m));
    }

    [Fact]
    public async Task Run_WithoutABroker_IsReadyForItsServiceManagerAllTheSame()
    {
        (Mosquitto broker, _, ApplianceBox box) = await OpenAsync();
        await broker.StopAsync(_limit.Token);
        box.Start(_manager);
        await _manager.UntilAsync("READY=1", _limit.Token);
        for (int i = 0; i < 10; i++)
            Assert.Equal("WATCHDOG=1", await _manager.NextAsync(_limit.Token));
        Assert.Equal(0, await box.StopAsync(_limit.Token));
    }

    [Fact]
    public async Task Run_StoppedDuringWarmUp_SaysOfflineAndEndsCleanly()
    {
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        await box.BlockWarmUpAsync(_limit.Token);
        box.Start(_manager);
        await _manager.UntilAsync("READY=1", _limit.Token);
        Entry state = await ledger.NextAsync(e => e.Topic == State, _limit.Token);
        Assert.False(state.Json.GetProperty("ready").GetBoolean());
        Assert.Equal(0, await box.StopAsync(_limit.Token));
        Entry offline = await ledger.NextAsync(
            e => e.Topic == Status && !e.Retained && !e.Payload.Contains("online", StringComparison.Ordinal),
            _limit.Token
        );
        Assert.Equal("offline", offline.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_StoppedAsSoonAsItRuns_EndsCleanly()
    {
        (_, _, ApplianceBox box) = await OpenAsync();
        box.Start(_manager);
        await _manager.UntilAsync("WATCHDOG=1", _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
    }

    [Fact]
    public async Task Run_TheWatchdogSignalOfItsUnit_EndsItAtOnce()
    {
        string unit = await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "../../../../../systemd/clipfusion.service"),
            _limit.Token
        );
        string signal = Regex.Match(unit, "(?m)^WatchdogSignal=SIG([A-Z]+)$").Groups[1].Value;
        (_, _, ApplianceBox box) = await OpenAsync();
        box.Start(_manager);
        await _manager.UntilAsync("READY=1", _limit.Token);
        await box.SignalAsync(signal, _limit.Token);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        soon.CancelAfter(TimeSpan.FromSeconds(10));
        // Not one of the codes that the unit takes for the end of its work.
        Assert.Equal(128 + 9, await box.EndAsync(soon.Token));
    }

    [Fact]
    public async Task Run_AManagerWithANameWithoutAFile_IsTold()
    {
        using var manager = new NotifySocket(isAbstract: true);
        (_, _, ApplianceBox box) = await OpenAsync();
        box.Start(manager);
        await manager.UntilAsync("READY=1", _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
        await manager.UntilAsync("STOPPING=1", _limit.Token);
    }

    [Fact]
    public async Task Run_AManagerThatDoesNotRead_IsNotWaitedForAndHearsReadyLater()
    {
        using var manager = new NotifySocket(isDeaf: true);
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        box.Start(manager);
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        await box.Log.SaysAsync("does not read", _limit.Token);
        manager.Hear();
        await manager.UntilAsync("READY=1", _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
    }

    [Fact]
    public async Task Run_StoppedUnderAManagerThatDoesNotRead_EndsInTime()
    {
        using var manager = new NotifySocket(isDeaf: true);
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        box.Start(manager);
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        inTime.CancelAfter(TimeSpan.FromSeconds(20));
        Assert.Equal(0, await box.StopAsync(inTime.Token));
    }

    [Fact]
    public async Task Run_AManagerThatGoes_IsSaidOnceAndTheLineGoesOn()
    {
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        box.Start(_manager);
        await _manager.UntilAsync("READY=1", _limit.Token);
        _manager.Close();
        await box.Log.SaysAsync("can't be told", _limit.Token);
        // Beats of a box whose watchdog goes on trying.
        await ledger.UntilAsync(all => all.Count(IsReady) >= 3, _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
        Assert.Single(box.Log.Lines, l => l.Contains("can't be told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_Sighup_TakesWhatMayChangeSaysWhatMayNotAndGoesOn()
    {
        (_, Ledger ledger, ApplianceBox box) = await OpenAsync();
        box.Start();
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        await box.ConfigureAsync(
            root =>
            {
                root["threads"] = 2;
                root["stations"]![0]!["minTriggerIntervalMs"] = 60_000;
            },
            _limit.Token
        );
        await box.SignalAsync("HUP", _limit.Token);
        Assert.Contains("stays so until a restart", await box.Log.SaysAsync("$.threads", _limit.Token), StringComparison.Ordinal);
        Assert.Contains(
            "was 20 and is now 60000",
            await box.Log.SaysAsync("$.stations[line1].minTriggerIntervalMs", _limit.Token),
            StringComparison.Ordinal
        );

        // The new value counts: the second trigger without id comes too fast now.
        Mosquitto broker = (Mosquitto)_open[0];
        for (int i = 0; i < 2; i++)
            await Ledger.PublishAsync(broker, ["-q", "1", "-t", "clipfusion/v1/box/in/line1/trigger", "-n"], "", _limit.Token);
        List<Entry> acks = await ledger.UntilAsync(all => all.Count(IsAck) == 2, _limit.Token);
        Assert.Equal([null, "TOO_FAST"], acks.Where(IsAck).Select(e => e.Json.GetProperty("error").GetString()));

        await box.ConfigureAsync(
            root =>
            {
                root["nonsense"] = 1;
                root["mqtt"]!["port"] = 0;
            },
            _limit.Token
        );
        await box.SignalAsync("HUP", _limit.Token);
        await box.Log.SaysAsync("$.nonsense", _limit.Token);
        await box.Log.SaysAsync("$.mqtt.port", _limit.Token);
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
    }

    [Fact]
    public async Task Run_BadConfiguration_EndsWithTwo()
    {
        (_, _, ApplianceBox box) = await OpenAsync();
        await box.ConfigureAsync(root => root["nonsense"] = 1, _limit.Token);
        box.Start();
        Assert.Equal(2, await box.EndAsync(_limit.Token));
        await box.Log.SaysAsync("$.nonsense", _limit.Token);
    }

    /// <summary>Exit code 2 is not restarted: what is no configuration will not be one in five seconds.</summary>
    [Theory]
    [InlineData("missing.json", "no such file")]
    [InlineData("", "an empty name")]
    [InlineData("/", "a folder")]
    [InlineData("/dev/null", "a device")]
    [InlineData("pipe", "a named pipe")]
    public async Task RunAndCheck_OfWhatIsNoConfigurationFile_EndWithTwo(string file, string what)
    {
        using var folder = new TemporaryFolder();
        await Programs.MakePipeAsync(folder["pipe"], _limit.Token);
        foreach (
            string[] verb in (string[][])
                [
                    ["run", "--config", file],
                    ["config", "check", file],
                ]
        )
        {
            ProcessStartInfo start = DefaultSignals.Start(Programs.ClipFusion, verb);
            start.WorkingDirectory = folder.Root;
            ProgramResult end = await Programs.RunAsync(start, default, _limit.Token);
            Assert.Contains(what, end.Errors, StringComparison.Ordinal);
            Assert.Equal(2, end.Code);
        }
    }

    [Fact]
    public async Task Run_WhatMayWorkLater_EndsWithOne()
    {
        (_, _, ApplianceBox box) = await OpenAsync();
        using (box.OccupyData())
        {
            box.Start(_manager);
            Assert.Equal(1, await box.EndAsync(_limit.Token));
        }

        _manager.Close();
        Assert.DoesNotContain("READY=1", await _manager.RestAsync(_limit.Token));
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
            await _open[i].DisposeAsync();
        _manager.Dispose();
        _limit.Dispose();
    }

    private static bool IsReady(Entry e) => e.Topic == State && !e.Retained && e.Json.GetProperty("ready").GetBoolean();

    private static bool IsAck(Entry e) => e.Topic == "clipfusion/v1/box/out/line1/trigger/ack";

    private async Task<(Mosquitto Broker, Ledger Ledger, ApplianceBox Box)> OpenAsync()
    {
        Mosquitto broker = await Mosquitto.StartAsync(["allow_anonymous true"], _limit.Token);
        _open.Add(broker);
        Ledger ledger = await Ledger.StartAsync(broker, _limit.Token);
        _open.Add(ledger);
        var box = new ApplianceBox(new BoxOptions { Port = broker.Port });
        _open.Add(box);
        return (broker, ledger, box);
    }
}
