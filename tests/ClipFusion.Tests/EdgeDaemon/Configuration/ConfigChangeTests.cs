using ClipFusion.EdgeDaemon.Configuration;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

public sealed class ConfigChangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("$.device", "\"box2\"", ChangeEffect.AfterRestart)]
    [InlineData("$.dataFolder", "\"/else\"", ChangeEffect.AfterRestart)]
    [InlineData("$.modelPack", "\"/else\"", ChangeEffect.AfterRestart)]
    [InlineData("$.threads", "2", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].camera.seed", "2", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].triggers.http", "true", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].triggers.intervalMs", "50", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].queueDepth", "5", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].recipe", "\"nut\"", ChangeEffect.AfterRestart)]
    [InlineData("$.stations[0].minTriggerIntervalMs", "50", ChangeEffect.AtOnce)]
    [InlineData("$.stations[0].triggerIdTtlMs", "20000", ChangeEffect.AtOnce)]
    [InlineData("$.stations[0].images.policy", "\"all\"", ChangeEffect.AtOnce)]
    [InlineData("$.stations[0].images.maxGigabytes", "3", ChangeEffect.AtOnce)]
    [InlineData("$.stations[0].heatmap.format", "\"png\"", ChangeEffect.AtOnce)]
    [InlineData("$.mqtt.host", "\"other\"", ChangeEffect.AfterRestart)]
    [InlineData("$.mqtt.commands", "[\"trigger\"]", ChangeEffect.AfterRestart)]
    [InlineData("$.mqtt.liveWindowMs", "5000", ChangeEffect.AtOnce)]
    [InlineData("$.http.port", "8081", ChangeEffect.AfterRestart)]
    [InlineData("$.storage.reserveMb", "65", ChangeEffect.AfterRestart)]
    [InlineData("$.storage.outboxMaxDays", "5", ChangeEffect.AtOnce)]
    [InlineData("$.storage.retentionDays", "5", ChangeEffect.AtOnce)]
    public void Between_OneValue_SaysWhatAndWhen(string path, string value, ChangeEffect effect)
    {
        ConfigChange change = Assert.Single(ConfigChange.Between(Read(Least), Read(With(path, value))));
        string named = path.Replace("[0]", "[line1]", StringComparison.Ordinal);
        Assert.Equal((named, effect), (change.Path, change.Effect));
        Assert.NotEqual(change.Before, change.After);
    }

    [Fact]
    public void Between_SameConfigurations_IsEmpty() => Assert.Empty(ConfigChange.Between(Read(Least), Read(Least)));

    [Fact]
    public void Between_StationAddedAndAnotherRemoved_NeedsARestart()
    {
        IReadOnlyList<ConfigChange> changes = ConfigChange.Between(Read(Least), Read(With("$.stations[0].name", "\"line2\"")));
        Assert.All(changes, c => Assert.Equal(ChangeEffect.AfterRestart, c.Effect));
        Assert.Contains(changes, c => c is { Path: "$.stations[line2].queueDepth", Before: null, After: "4" });
        Assert.Contains(changes, c => c is { Path: "$.stations[line1].queueDepth", Before: "4", After: null });
    }

    [Fact]
    public void Reload_MixedChange_TakesWhatMayChangeAndTellsTheRestAgain()
    {
        LiveConfig live = Live(out string file);
        File.WriteAllText(file, With("$.threads", "2", With("$.mqtt.liveWindowMs", "5000")));
        Assert.Equal(
            [("$.threads", ChangeEffect.AfterRestart), ("$.mqtt.liveWindowMs", ChangeEffect.AtOnce)],
            live.Reload().Changes.Select(c => (c.Path, c.Effect))
        );
        Assert.Equal((TimeSpan.FromSeconds(5), 0), (live.Current.Mqtt.LiveWindow, live.Current.Threads));
        Assert.Equal("$.threads", Assert.Single(live.Reload().Changes).Path);
    }

    [Fact]
    public void Reload_BadFile_KeepsWhatRuns()
    {
        LiveConfig live = Live(out string file);
        ApplianceConfig before = live.Current;
        File.WriteAllText(file, With("$.mqtt.liveWindowMs", "5", With("$.mqtt.port", "0")));
        Assert.Equal(["$.mqtt.port", "$.mqtt.liveWindowMs"], live.Reload().Errors.Select(e => e.Path));
        Assert.Same(before, live.Current);
        File.Delete(file);
        Assert.False(live.Reload().IsGood);
        Assert.Same(before, live.Current);
    }

    private LiveConfig Live(out string file)
    {
        file = _folder["clipfusion.json"];
        File.WriteAllText(file, Least);
        return new LiveConfig(file, new Dictionary<string, string>(), ConfigReader.ReadFile(file, []));
    }
}
