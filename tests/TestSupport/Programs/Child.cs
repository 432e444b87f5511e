using System.Diagnostics;

namespace ClipFusion.TestSupport;

/// <summary>A program that runs beside the test, all that it writes in a log. It is killed with this object.</summary>
public sealed class Child : IAsyncDisposable
{
    private readonly Process _process;
    private readonly bool _hasChildren;

    private Child(Process process, ProgramLog log, bool hasChildren) => (_process, Log, _hasChildren) = (process, log, hasChildren);

    /// <summary>What it wrote, standard output and standard error.</summary>
    public ProgramLog Log { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Resident memory in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a program with default signals.</summary>
    public static Child Start(string program, params IEnumerable<string> arguments) => Start(DefaultSignals.Start(program, arguments));

    /// <param name="start">What is started; both streams are redirected.</param>
    /// <param name="log">Where it writes; null for a log of its own.</param>
    /// <param name="onOutput">Told each line of standard output, which is then not in the log.</param>
    /// <param name="hasChildren">Whether its own children are killed with it.</param>
    public static Child Start(ProcessStartInfo start, ProgramLog? log = null, Action<string>? onOutput = null, bool hasChildren = false)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        log ??= new ProgramLog();
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) =>
        {
            if (onOutput is null)
                log.Add(e.Data);
            else if (e.Data is not null)
                onOutput(e.Data);
        };
        process.ErrorDataReceived += (_, e) => log.Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new Child(process, log, hasChildren);
    }

    /// <summary>Waits for a line of its log; ends too when the program does.</summary>
    /// <param name="text">What the line holds.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="after">How many lines are passed over.</param>
    /// <exception cref="InvalidOperationException">The program ended without saying so.</exception>
    public async Task<string> SaysAsync(string text, CancellationToken cancellation, int after = 0)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<string> said = Log.SaysAsync(text, either.Token, after);
        // Its last lines are in the log when it has ended.
        Task ended = ExitedAsync(either.Token);
        await Task.WhenAny(said, ended);
        if (ended.IsCompletedSuccessfully && !Log.Has(text, after))
        {
            await either.CancelAsync();
            throw new InvalidOperationException(
                $"{string.Join(' ', _process.StartInfo.ArgumentList)} ended with {_process.ExitCode} before it said "
                    + $"\"{text}\":{Environment.NewLine}{Log}"
            );
        }

        string line = await said;
        await either.CancelAsync();
        return line;
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="name">Such as TERM.</param>
    /// <param name="cancellation">Ends the wait for <c>kill</c>.</param>
    public Task SignalAsync(string name, CancellationToken cancellation) => Programs.SignalAsync(Id, name, cancellation);

    /// <summary>kill -9, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> KillAsync(CancellationToken cancellation)
    {
        _process.Kill(_hasChildren);
        return EndAsync(cancellation);
    }

    /// <summary>Sends SIGTERM as systemd does, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        await SignalAsync("TERM", cancellation);
        return await EndAsync(cancellation);
    }

    /// <summary>Ends when the program has ended and all that it wrote is in the log.</summary>
    public Task ExitedAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await ExitedAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(_hasChildren);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
