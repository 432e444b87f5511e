using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ClipFusion.Cli.Demo;

/// <summary>The box's log in a file of the data folder; warnings and errors are told on besides. Nothing of it reaches the terminal by
/// itself, where it would tear the table.</summary>
internal sealed class DemoLog : ILoggerProvider
{
    /// <summary>A demo that is left alone for weeks must not fill the disk.</summary>
    private const long MostBytes = 16 << 20;

    private const int PackNotice = 1000;

    private readonly Lock _lock = new();
    private readonly StreamWriter _file;

    /// <summary>Opens the file and writes at its end.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public DemoLog(string path)
    {
        Path = path;
        _file = new StreamWriter(path, append: true) { AutoFlush = true };
    }

    public string Path { get; }

    /// <summary>Told of warnings and errors, on any thread.</summary>
    public Action<string> Warned { get; set; } = _ => { };

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose() => _file.Dispose();

    private void Write(LogLevel level, EventId id, string text, Exception? error)
    {
        lock (_lock)
        {
            if (_file.BaseStream.CanWrite && _file.BaseStream.Length < MostBytes)
                _file.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {level} [{id.Id}] "
                            + $"{text}{(error is null ? "" : Environment.NewLine + error)}"
                    )
                );
        }

        // What the pack says about itself stands in the demo's own words on the screen.
        if (level >= LogLevel.Warning && id.Id != PackNotice)
            Warned(text);
    }

    private sealed class Logger(DemoLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
                log.Write(logLevel, eventId, formatter(state, exception), exception);
        }
    }
}
