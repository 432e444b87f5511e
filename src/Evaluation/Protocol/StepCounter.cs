using System.Diagnostics;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Counts steps and tells how long the rest will take: as long as the recent ones took on average, so that what was done before a restart does not count.</summary>
internal sealed class StepCounter(IProgress<EvaluationProgress>? progress, int total)
{
    private const int Recent = 64;

    private readonly Queue<long> _times = new([Stopwatch.GetTimestamp()]);
    private int _done;

    public void Done(string what)
    {
        _done++;
        _times.Enqueue(Stopwatch.GetTimestamp());
        if (_times.Count > Recent) _times.Dequeue();
        TimeSpan mean = Stopwatch.GetElapsedTime(_times.Peek()) / (_times.Count - 1);
        progress?.Report(new EvaluationProgress(what, _done, total, mean * (total - _done)));
    }
}
