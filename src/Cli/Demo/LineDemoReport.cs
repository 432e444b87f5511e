using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Cli.Demo;

/// <summary>For pipes and files: one line per part.</summary>
internal sealed class LineDemoReport(TextWriter output) : IDemoReport
{
    private readonly TextWriter _output = TextWriter.Synchronized(output);

    public Task<T> PrepareAsync<T>(Func<IProgress<PreparationStep>, Task<T>> work) => work(new Steps(_output));

    public async Task RunAsync(DemoPlaces places, ConformalThreshold threshold, ScoreBoard board, Task until)
    {
        foreach (string line in DemoText.Threshold(threshold))
            _output.WriteLine(line);
        await until.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Heard(ScoredPart part) => _output.WriteLine(DemoText.Line(part));

    public void Warned(string text) => _output.WriteLine($"warning: {text}");

    /// <summary>A line where a step begins and where it is done, not one per part.</summary>
    private sealed class Steps(TextWriter output) : IProgress<PreparationStep>
    {
        public void Report(PreparationStep value)
        {
            if (value.Done == 0)
                output.WriteLine($"{value.Of} {value.Step}");
        }
    }
}
