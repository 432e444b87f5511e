using System.Text.Json;
using ClipFusion.Models.Download;

namespace ClipFusion.Cli.Models;

/// <summary>Writes a pull's progress as JSON, one object per line: every event, but bytes at most once a second. The last line is
/// <c>done</c> or <c>failed</c>.</summary>
internal sealed class JsonPullReport(TextWriter output, TimeProvider time) : IProgress<PullProgress>
{
    private readonly Throttle _throttle = new(TimeSpan.FromSeconds(1), time);

    public void Report(PullProgress value)
    {
        if (value.Step == PullStep.Downloading && !_throttle.Pass())
            return;
        Write(
            new
            {
                @event = Name(value.Step),
                file = value.File,
                bytes = value.Bytes,
                totalBytes = value.TotalBytes,
                detail = value.Detail,
            }
        );
    }

    public void Done(IReadOnlyList<PulledFile> files) =>
        Write(
            new
            {
                @event = "done",
                files = files.Select(f => new
                {
                    file = f.File,
                    path = f.FullPath,
                    size = f.Size,
                    sha256 = f.Sha256,
                    downloaded = f.Downloaded,
                }),
            }
        );

    public void Failed(PullException error) =>
        Write(
            new
            {
                @event = "failed",
                code = Name(error.Failure),
                message = error.Message,
            }
        );

    private void Write<T>(T line)
    {
        output.WriteLine(JsonSerializer.Serialize(line));
        output.Flush();
    }

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
