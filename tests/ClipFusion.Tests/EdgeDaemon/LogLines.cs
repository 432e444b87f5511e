using Microsoft.Extensions.Logging;

namespace ClipFusion.Tests.EdgeDaemon;

/// <summary>A logger that keeps what it is told.</summary>
internal sealed class LogLines<T> : ILogger<T>
{
    private readonly List<(LogLevel Level, int Id, string Text)> _lines = [];

    public IReadOnlyList<(LogLevel Level, int Id, string Text)> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>The events' numbers.</summary>
    public IReadOnlyList<int> Ids => [.. Lines.Select(l => l.Id)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        lock (_lines)
            _lines.Add((logLevel, eventId.Id, formatter(state, exception)));
    }
}
