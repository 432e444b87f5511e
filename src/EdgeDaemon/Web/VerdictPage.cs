using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>A station's newest verdicts as JSON, newest first; every shorter list is a beginning of it.</summary>
internal sealed class VerdictPage
{
    private readonly byte[] _json;
    private readonly int[] _ends;

    private VerdictPage(long stored, byte[] json, int[] ends) => (Stored, _json, _ends) = (stored, json, ends);

    /// <summary>How many verdicts had been stored since the station was first asked for.</summary>
    public long Stored { get; }

    /// <summary>The latest verdict as an object; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Latest => _ends is [] ? default : _json.AsMemory(1, _ends[0] - 1);

    /// <summary>Writes the page.</summary>
    public static VerdictPage Of(long stored, IEnumerable<VerdictMessage> newestFirst)
    {
        var json = new MemoryStream();
        var ends = new List<int>();
        json.WriteByte((byte)'[');
        foreach (VerdictMessage verdict in newestFirst)
        {
            if (ends.Count > 0)
                json.WriteByte((byte)',');
            json.Write(Wire.Json(verdict));
            ends.Add((int)json.Length);
        }

        return new VerdictPage(stored, json.ToArray(), [.. ends]);
    }

    /// <summary>A list of so many verdicts, without the bracket that ends it.</summary>
    public ReadOnlyMemory<byte> Beginning(int count) => _json.AsMemory(0, _ends is [] ? 1 : _ends[Math.Min(count, _ends.Length) - 1]);
}
