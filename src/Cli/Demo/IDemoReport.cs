using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Cli.Demo;

/// <summary>What a person sees of the demo. Safe for several threads; nothing waits.</summary>
internal interface IDemoReport
{
    /// <summary>Shows work before the line runs.</summary>
    Task<T> PrepareAsync<T>(Func<IProgress<PreparationStep>, Task<T>> work);

    /// <summary>Shows the running line until <paramref name="until"/> ends, whatever its end; throws nothing of it.</summary>
    Task RunAsync(DemoPlaces places, ConformalThreshold threshold, ScoreBoard board, Task until);

    /// <summary>A verdict was heard.</summary>
    void Heard(ScoredPart part);

    /// <summary>The box has warned of something.</summary>
    void Warned(string text);
}
