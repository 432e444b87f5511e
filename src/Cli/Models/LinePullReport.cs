using ClipFusion.Models.Download;

namespace ClipFusion.Cli.Models;

/// <summary>Writes a pull's progress as plain lines, for logs and pipes: every event, but bytes at most once in five seconds.</summary>
internal sealed class LinePullReport(TextWriter output, TimeProvider time) : IProgress<PullProgress>
{
    private readonly Throttle _throttle = new(TimeSpan.FromSeconds(5), time);

    public void Report(PullProgress value)
    {
        if (value.Step == PullStep.Downloading && !_throttle.Pass())
            return;
        string total = value.TotalBytes is { } bytes ? $"/{ByteText.Format(bytes)}" : "";
        string detail = value.Detail is { } text ? $" ({text})" : "";
        output.WriteLine($"{value.Step.ToString().ToLowerInvariant(), -11} {value.File} {ByteText.Format(value.Bytes)}{total}{detail}");
    }
}
