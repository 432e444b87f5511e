using System.Diagnostics;
using System.Text.Json.Serialization;
using ClipFusion.Camera.Simulation;

namespace ClipFusion.Cli.Demo;

/// <summary>What was said of parts whose truth is known.</summary>
/// <param name="OkAsOk">Good parts that were called OK.</param>
/// <param name="OkAsNg">Good parts that were called NG: false rejects.</param>
/// <param name="NgAsOk">Bad parts that were called OK: escapes.</param>
/// <param name="NgAsNg">Bad parts that were called NG.</param>
/// <param name="NotJudged">Parts of which neither was said.</param>
internal sealed record ScoreMatrix(int OkAsOk, int OkAsNg, int NgAsOk, int NgAsNg, int NotJudged)
{
    [JsonIgnore]
    public int Good => OkAsOk + OkAsNg;

    [JsonIgnore]
    public int Bad => NgAsOk + NgAsNg;

    [JsonIgnore]
    public int Parts => Good + Bad + NotJudged;

    /// <summary>The matrix with one more part.</summary>
    /// <param name="isDefective">What is true of it.</param>
    /// <param name="verdict">What was said of it, as on the wire.</param>
    public ScoreMatrix With(bool isDefective, string verdict) =>
        (isDefective, verdict) switch
        {
            (false, "OK") => this with { OkAsOk = OkAsOk + 1 },
            (false, "NG") => this with { OkAsNg = OkAsNg + 1 },
            (true, "OK") => this with { NgAsOk = NgAsOk + 1 },
            (true, "NG") => this with { NgAsNg = NgAsNg + 1 },
            _ => this with { NotJudged = NotJudged + 1 },
        };
}

/// <summary>A verdict beside the truth about its part.</summary>
internal sealed record ScoredPart(HeardVerdict Heard, PartTruth Truth)
{
    /// <summary>Whether the verdict is right; null when none was given.</summary>
    public bool? IsRight =>
        Heard.Verdict switch
        {
            "OK" => !Truth.IsDefective,
            "NG" => Truth.IsDefective,
            _ => null,
        };
}

/// <summary>
/// Counts verdicts against the simulated line's truth. The truth is looked up by the sequence number, which is the number of the part,
/// after the verdict was heard: nothing that decides can see it. Thread-safe.
/// </summary>
internal sealed class ScoreBoard(LineTruth truth)
{
    /// <summary>How many inspection ids are remembered, so that a verdict that comes again, live or replayed, counts once.</summary>
    private const int Remembered = 10_000;

    private const int LatenciesKept = 200;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private readonly Queue<double> _latencies = new();
    private long _first,
        _last;
    private ScoreMatrix _matrix = new(0, 0, 0, 0, 0);

    public ScoreMatrix Matrix
    {
        get
        {
            lock (_lock)
                return _matrix;
        }
    }

    /// <summary>Median milliseconds from trigger to verdict of the last parts; null before the first.</summary>
    public double? MedianMs
    {
        get
        {
            lock (_lock)
                return _latencies.Count == 0 ? null : _latencies.Order().ElementAt(_latencies.Count / 2);
        }
    }

    /// <summary>Verdicts per second since the first; null before the second.</summary>
    public double? PerSecond
    {
        get
        {
            lock (_lock)
                return _matrix.Parts < 2 ? null : (_matrix.Parts - 1) / Stopwatch.GetElapsedTime(_first, _last).TotalSeconds;
        }
    }

    /// <summary>Counts a verdict.</summary>
    /// <returns>The part with its truth; null when this verdict was counted before.</returns>
    public ScoredPart? Add(HeardVerdict heard)
    {
        PartTruth part = truth.Of((ulong)heard.Sequence);
        lock (_lock)
        {
            if (!_seen.Add(heard.InspectionId))
                return null;
            _order.Enqueue(heard.InspectionId);
            if (_order.Count > Remembered)
                _seen.Remove(_order.Dequeue());
            _last = Stopwatch.GetTimestamp();
            if (_matrix.Parts == 0)
                _first = _last;
            _matrix = _matrix.With(part.IsDefective, heard.Verdict);
            _latencies.Enqueue(heard.Latency.TotalMilliseconds);
            if (_latencies.Count > LatenciesKept)
                _latencies.Dequeue();
        }

        return new ScoredPart(heard, part);
    }
}
