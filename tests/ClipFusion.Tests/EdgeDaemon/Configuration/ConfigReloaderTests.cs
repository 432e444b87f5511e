using ClipFusion.EdgeDaemon.Configuration;
using Microsoft.Extensions.Logging;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

public sealed class ConfigReloaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogLines<ConfigReloader> _log = new();
    private readonly List<ApplianceConfig> _handed = [];
    private readonly string _file;
    private readonly ConfigReloader _reloader;

    public ConfigReloaderTests()
    {
        _file = _folder["clipfusion.json"];
        File.WriteAllText(_file, Least);
        _reloader = new ConfigReloader(new LiveConfig(_file, new Dictionary<string, string>(), ConfigReader.ReadFile(_file, [])), _log);
        _reloader.Changed += _handed.Add;
    }

    [Fact]
    public void Reload_MixedChange_SaysEachWithPathBeforeAfterAndEffect_AndHandsOnWhatCounts()
    {
        File.WriteAllText(
            _file,
            With("$.threads", "2", With("$.mqtt.liveWindowMs", "5000", With("$.stations[0].images.policy", "\"all\"")))
        );
        _reloader.Reload();
        ApplianceConfig now = Assert.Single(_handed);
        Assert.Equal((TimeSpan.FromSeconds(5), ImagePolicy.All, 0), (now.Mqtt.LiveWindow, now.Stations[0].Images.Policy, now.Threads));
        Assert.Equal(
            [
                (LogLevel.Warning, 5021, "Configuration: $.threads is 0 and stays so until a restart; the file says 2"),
                (LogLevel.Information, 5020, "Configuration: $.stations[line1].images.policy was NgAndReview and is now All"),
                (LogLevel.Information, 5020, "Configuration: $.mqtt.liveWindowMs was 10000 and is now 5000"),
            ],
            _log.Lines
        );
    }

    [Fact]
    public void Reload_OnlyWhatNeedsARestart_HandsNothingOn()
    {
        File.WriteAllText(_file, With("$.threads", "2"));
        _reloader.Reload();
        Assert.Empty(_handed);
        Assert.Equal(5021, Assert.Single(_log.Lines).Id);
    }

    [Fact]
    public void Reload_BadFile_SaysAllErrorsAndHandsNothingOn()
    {
        File.WriteAllText(_file, With("$.mqtt.liveWindowMs", "5", With("$.mqtt.port", "0")));
        _reloader.Reload();
        Assert.Empty(_handed);
        Assert.Equal(2, _log.Lines.Count);
        Assert.All(_log.Lines, l => Assert.Equal((LogLevel.Error, 5022), (l.Level, l.Id)));
        Assert.Contains("$.mqtt.port", _log.Lines[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_SameFile_SaysSo()
    {
        _reloader.Reload();
        Assert.Empty(_handed);
        Assert.Equal(5023, Assert.Single(_log.Lines).Id);
    }

    public void Dispose()
    {
        _reloader.Dispose();
        _folder.Dispose();
    }
}
