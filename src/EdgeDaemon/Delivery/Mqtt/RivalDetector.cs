using System.Buffers;
using System.Text.Json;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What a message on <c>out/status</c> means to the box that hears it.</summary>
internal enum StatusNews
{
    /// <summary>Its own word came back.</summary>
    Own,

    /// <summary>Something else stands there: an old will, a leftover. To be set right.</summary>
    Contradicted,

    /// <summary>Another box lives under this device's name.</summary>
    Rival,
}

/// <summary>
/// Finds out that another box goes by the same device name, on brokers that close the connection of the one that is thrown out without
/// saying why. What gives the other one away is its own word on <c>out/status</c>, <c>online</c> or its will <c>lost</c>, after ours had
/// been heard there.
/// </summary>
/// <remarks>
/// Once is no proof: a broker restored from an old state or a bridge that comes back says again what some earlier run of this box said. It
/// does not say it a second time after our word has been heard once more; a box that lives does. <c>offline</c> is never held against
/// anybody: it is how a box makes way.
/// </remarks>
/// <param name="online">Our own message, to the byte.</param>
/// <param name="bootId">Names this run.</param>
/// <param name="window">How far apart the two signs may be.</param>
/// <param name="time">The clock.</param>
internal sealed class RivalDetector(ReadOnlyMemory<byte> online, string bootId, TimeSpan window, TimeProvider time)
{
    private readonly Lock _gate = new();
    private bool _isSaid;
    private long? _suspectedAt;

    /// <summary>Looks at one message, in the order of arrival.</summary>
    /// <param name="payload">Any bytes.</param>
    /// <param name="rival">The other box's boot id, when there is one.</param>
    public StatusNews Hear(ReadOnlySequence<byte> payload, out string? rival)
    {
        rival = null;
        lock (_gate)
        {
            if (payload.Length == online.Length && payload.ToArray().AsSpan().SequenceEqual(online.Span))
            {
                _isSaid = true;
                return StatusNews.Own;
            }

            (string? status, string? boot) = Read(payload);
            if (!_isSaid || boot is null || boot == bootId || status is not ("online" or "lost"))
                return StatusNews.Contradicted;
            bool isSecond = _suspectedAt is { } at && time.GetElapsedTime(at) < window;
            (_isSaid, _suspectedAt) = (false, time.GetTimestamp());
            if (!isSecond)
                return StatusNews.Contradicted;
            rival = boot;
            return StatusNews.Rival;
        }
    }

    /// <summary>Forgets everything: the other box had its turn, and the next sign is a first one again.</summary>
    public void Forget()
    {
        lock (_gate)
            (_isSaid, _suspectedAt) = (false, null);
    }

    /// <summary>Status and boot id of a message on <c>status</c> or <c>state</c>; nulls for what is no such message.</summary>
    public static (string? Status, string? BootId) Read(ReadOnlySequence<byte> payload)
    {
        const int Longest = 64 << 10;
        if (payload.Length > Longest)
            return (null, null);
        try
        {
            using var json = JsonDocument.Parse(payload);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? (Text(json.RootElement, "status"), Text(json.RootElement, "bootId"))
                : (null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or half of a surrogate pair: anybody may write there.
            return (null, null);
        }
    }

    private static string? Text(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
