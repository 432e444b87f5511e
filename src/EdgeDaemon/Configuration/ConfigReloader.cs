using System.Runtime.InteropServices;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>
/// Reads the configuration again at SIGHUP: says every change and when it counts, and hands what counts at once to <see cref="Changed"/>. A
/// file with errors changes nothing; all of its errors are said. Without this SIGHUP ends a .NET program.
/// </summary>
/// <param name="live">The configuration that runs.</param>
/// <param name="log">Event ids 5020-5029.</param>
internal sealed partial class ConfigReloader(LiveConfig live, ILogger<ConfigReloader> log) : IHostedService, IDisposable
{
    private readonly Lock _reloading = new();
    private PosixSignalRegistration? _signal;

    /// <summary>
    /// Raised with the configuration that runs now, after each reload that changed something at once; one call after the other. Handlers
    /// return at once.
    /// </summary>
    public event Action<ApplianceConfig>? Changed;

    /// <summary>Reads it again now.</summary>
    /// <returns>What came of it, all of which is logged too.</returns>
    public ReloadResult Reload()
    {
        lock (_reloading)
        {
            ReloadResult result = live.Reload();
            foreach (FieldError error in result.Errors)
                LogRefused(error.ToString());
            foreach (ConfigChange change in result.Changes)
                Say(change);
            if (result is { IsGood: true, Changes.Count: 0 })
                LogUnchanged();
            if (result.Changes.Any(c => c.Effect == ChangeEffect.AtOnce))
                Changed?.Invoke(live.Current);
            return result;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _signal = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP,
            signal =>
            {
                signal.Cancel = true;
                try
                {
                    Reload();
                }
#pragma warning disable CA1031 // Out of a signal's handler it would end the program, and what ran before goes on as it is.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    LogUnexpected(e);
                }
            }
        );
        return Task.CompletedTask;
    }

    /// <summary>Does nothing: the signal stays taken until the host is gone, so that a late SIGHUP does not cut the stopping
    /// short.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _signal?.Dispose();

    private void Say(ConfigChange change)
    {
        (string before, string after) = (change.Before ?? "(none)", change.After ?? "(none)");
        if (change.Effect == ChangeEffect.AtOnce)
            LogChanged(change.Path, before, after);
        else
            LogNeedsRestart(change.Path, before, after);
    }

    [OperatorAction("Nothing.")]
    [LoggerMessage(5020, LogLevel.Information, "Configuration: {Path} was {Before} and is now {After}")]
    private partial void LogChanged(string path, string before, string after);

    [OperatorAction("Restart the service when the line allows it, or set the value back.")]
    [LoggerMessage(5021, LogLevel.Warning, "Configuration: {Path} is {Before} and stays so until a restart; the file says {After}")]
    private partial void LogNeedsRestart(string path, string before, string after);

    [OperatorAction("Correct the file (clipfusion config check FILE tells all errors) and reload again. What ran goes on unchanged.")]
    [LoggerMessage(5022, LogLevel.Error, "Configuration not taken: {Error}")]
    private partial void LogRefused(string error);

    [OperatorAction("Report it with the stack trace and the file. What ran goes on unchanged.")]
    [LoggerMessage(5024, LogLevel.Critical, "Configuration not taken because of a mistake in the program; please report it")]
    private partial void LogUnexpected(Exception error);

    [OperatorAction("Nothing.")]
    [LoggerMessage(5023, LogLevel.Information, "Configuration read again: nothing has changed")]
    private partial void LogUnchanged();
}
