using System.Globalization;
using ClipFusion.Inspection.Calibration;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ClipFusion.Cli.Demo;

/// <summary>For a terminal: bars while it prepares, then a table that is redrawn.</summary>
internal sealed class TableDemoReport : IDemoReport
{
    private const int MostWarnings = 3,
        FewestParts = 4,
        MostParts = 14;

    /// <summary>Lines of everything but the parts; on a low terminal the words that stand above the table already are left out.</summary>
    private const int LinesBeside = 27,
        LinesBesideWhenLow = 14;

    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console;
    private readonly Lock _lock = new();
    private readonly Queue<ScoredPart> _parts = new();
    private readonly Queue<string> _warnings = new();

    /// <param name="output">The terminal.</param>
    public TableDemoReport(TextWriter output) =>
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

    public Task<T> PrepareAsync<T>(Func<IProgress<PreparationStep>, Task<T>> work) =>
        _console
            .Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => work(new Bars(context)));

    public Task RunAsync(DemoPlaces places, ConformalThreshold threshold, ScoreBoard board, Task until) =>
        _console
            .Live(new Text(""))
            .Overflow(VerticalOverflow.Crop)
            .StartAsync(async live =>
            {
                using var timer = new PeriodicTimer(Redraw);
                while (!until.IsCompleted)
                {
                    live.UpdateTarget(Draw(places, threshold, board));
                    await Task.WhenAny(until, timer.WaitForNextTickAsync().AsTask()).ConfigureAwait(false);
                }

                live.UpdateTarget(Draw(places, threshold, board));
            });

    public void Heard(ScoredPart part) => Keep(_parts, part, MostParts);

    public void Warned(string text) => Keep(_warnings, text, MostWarnings);

    private void Keep<T>(Queue<T> queue, T item, int most)
    {
        lock (_lock)
        {
            queue.Enqueue(item);
            if (queue.Count > most)
                queue.Dequeue();
        }
    }

    private Rows Draw(DemoPlaces places, ConformalThreshold threshold, ScoreBoard board)
    {
        ScoredPart[] parts;
        string[] warnings;
        lock (_lock)
            (parts, warnings) = ([.. _parts], [.. _warnings]);
        bool isLow = _console.Profile.Height < LinesBeside + FewestParts;
        int room = Math.Clamp(_console.Profile.Height - (isLow ? LinesBesideWhenLow : LinesBeside), FewestParts, MostParts);
        ScoreMatrix matrix = board.Matrix;
        string rate = board.PerSecond is { } perSecond ? $", {perSecond:0.0} per second" : "";
        string median = board.MedianMs is { } ms ? $", {ms:0} ms from trigger to verdict (median)" : "";
        string speed = $"{matrix.Parts} parts{rate}{median}";
        return new Rows([
            PartTable([.. parts.TakeLast(room)], room),
            Columns(MatrixTable(matrix), new Rows(new Text(speed), new Text(DemoText.Rates(matrix)))),
            .. isLow
                ? (IRenderable[])[]
                : [.. DemoText.Threshold(threshold).Select(l => new Text(l, new Style(Color.Grey))), new Text(""), Where(places)],
            .. warnings.Select(w => new Text($"warning: {w}", new Style(Color.Yellow))),
        ]);
    }

    private static Table PartTable(ScoredPart[] parts, int rows)
    {
        Table table = new Table()
            .Border(TableBorder.Rounded)
            .AddColumns(
                new TableColumn("part").RightAligned(),
                new TableColumn("verdict").Width(10),
                new TableColumn("score").Width(6),
                new TableColumn("what is true of it").Width(32),
                new TableColumn("").Width(11)
            );
        foreach (ScoredPart part in parts)
            table.AddRow(Row(part));
        for (int i = parts.Length; i < rows; i++)
            table.AddRow("", "", "", i == 0 ? "the line starts ..." : "", "");
        return table;
    }

    private static IEnumerable<IRenderable> Row(ScoredPart part)
    {
        HeardVerdict heard = part.Heard;
        Color said = heard.Verdict switch
        {
            "OK" => Color.Green,
            "NG" => Color.Red,
            _ => Color.Yellow,
        };
        yield return new Text(heard.Sequence.ToString(CultureInfo.InvariantCulture));
        yield return new Text(heard.Verdict, new Style(said));
        yield return new Text(heard.Score?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "");
        yield return new Text(heard.Reason is { } reason ? $"{part.Truth.Caption} ({reason})" : part.Truth.Caption);
        yield return new Text(DemoText.Mark(part), new Style(part.IsRight == false ? Color.Red : Color.Grey));
    }

    private static Table MatrixTable(ScoreMatrix matrix) =>
        new Table()
            .Border(TableBorder.Rounded)
            .AddColumns(new TableColumn(""), new TableColumn("said OK").RightAligned(), new TableColumn("said NG").RightAligned())
            .AddRow("good parts", Count(matrix.OkAsOk), Count(matrix.OkAsNg))
            .AddRow("bad parts", Count(matrix.NgAsOk), Count(matrix.NgAsNg))
            .AddRow("not judged", Count(matrix.NotJudged), "");

    private static Grid Columns(IRenderable left, IRenderable right) =>
        new Grid().AddColumns(2).AddRow(left, new Padder(right, new Padding(2, 1, 0, 0)));

    private static Grid Where(DemoPlaces places) =>
        new Grid()
            .AddColumns(2)
            .AddRow(new Text("page"), new Text(places.Page, new Style(Color.Aqua)))
            .AddRow(new Text("listen"), new Text(places.Subscribe, new Style(Color.Aqua)))
            .AddRow(new Text("trigger"), new Text(places.Trigger, new Style(Color.Aqua)))
            .AddRow(new Text("data"), new Text($"{places.Folder}{(places.IsKept ? "" : " (removed at the end; --data FOLDER keeps it)")}"))
            .AddRow(new Text("end"), new Text("Ctrl-C"));

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private sealed class Bars(ProgressContext context) : IProgress<PreparationStep>
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];

        public void Report(PreparationStep value)
        {
            if (!_bars.TryGetValue(value.Step, out ProgressTask? bar))
                _bars[value.Step] = bar = context.AddTask($"{value.Of} {Markup.Escape(value.Step)}", maxValue: Math.Max(1, value.Of));
            bar.Value = value.Done;
        }
    }
}
