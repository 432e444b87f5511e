using System.Reflection;
using System.Text;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Monitoring;

/// <summary>One kind of log line.</summary>
/// <param name="Id">Its number, which is never given to another event.</param>
/// <param name="Level">How grave it is.</param>
/// <param name="Message">The text with its placeholders.</param>
/// <param name="Action">What a person does about it; null when nobody has written it.</param>
/// <param name="Source">The class that logs it.</param>
internal sealed record LogEvent(int Id, LogLevel Level, string Message, string? Action, Type Source);

/// <summary>A range of event ids.</summary>
/// <param name="Title">What the events are about.</param>
/// <param name="First">The lowest id.</param>
/// <param name="Last">The highest id.</param>
/// <param name="Namespaces">Below <c>ClipFusion.EdgeDaemon</c>: whose classes may log them.</param>
internal sealed record EventArea(string Title, int First, int Last, params IReadOnlyList<string> Namespaces)
{
    /// <summary>Whether an id lies in the range.</summary>
    public bool Has(int id) => id >= First && id <= Last;
}

/// <summary>Every log event of the program with its number, level, text and what to do: what <c>docs/events.md</c> says.</summary>
internal static class EventTable
{
    private const string Intro = """
        # Log events

        Made from the log methods in the code: change those, then regenerate this file (a test says how).
        Numbers are for filters and alarms: a number is never given to another event. Names in braces are filled in.

        """;

    /// <summary>Who logs under which numbers. A class logs in one area only.</summary>
    public static IReadOnlyList<EventArea> Areas { get; } =
    [
        new("Start, stop and pipeline", 1000, 1099, "Composition", "Pipeline"),
        new("Judging", 2000, 2099, "Pipeline", "Enrolment"),
        new("Storage", 3000, 3049, "Storage"),
        new("Delivery", 4000, 4099, "Delivery", "Pipeline"),
        new("Diagnostics and configuration", 5000, 5099, "Runtime", "Configuration"),
        new("Page and API", 6000, 6099, "Web"),
        new("Pictures", 7000, 7099, "Pictures", "Pipeline"),
        new("Cameras", 8100, 8149, "Pipeline"),
    ];

    /// <summary>All events in the order of their ids.</summary>
    public static IReadOnlyList<LogEvent> Events { get; } =
    [
        .. from type in typeof(EventTable).Assembly.GetTypes()
        from method in type.GetMethods(
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly
        )
        let log = method.GetCustomAttribute<LoggerMessageAttribute>()
        where log is not null
        orderby log.EventId
        select new LogEvent(log.EventId, log.Level, log.Message, method.GetCustomAttribute<OperatorActionAttribute>()?.Text, type),
    ];

    /// <summary>The whole page, with a line feed at the end of every line.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder(Intro);
        foreach (EventArea area in Areas)
        {
            var events = Events.Where(e => area.Has(e.Id)).ToList();
            if (events.Count == 0)
                continue;
            page.Append(
                $"\n## {area.Title}: {area.First}-{area.Last}\n\n| id | level | message | what to do |\n| --- | --- | --- | --- |\n"
            );
            foreach (LogEvent e in events)
                page.Append($"| {e.Id} | {e.Level} | {Cell(e.Message)} | {Cell(e.Action ?? "")} |\n");
        }

        return page.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
