using System.Text.Json.Serialization;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Whether the device is there.</summary>
public enum DeviceStatus
{
    /// <summary>Connected: what stands in <c>state</c> with the same boot id counts.</summary>
    Online,

    /// <summary>Stopped cleanly.</summary>
    Offline,

    /// <summary>Gone without a word: the will, published by the broker.</summary>
    Lost,
}

/// <summary><c>out/status</c>.</summary>
/// <param name="Status">Whether the device is there.</param>
/// <param name="BootId">Names one run of the program: what carries another one is from another run.</param>
internal sealed record StatusMessage(DeviceStatus Status, string BootId)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/status";
}
