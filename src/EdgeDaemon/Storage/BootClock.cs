using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// The monotonic clock with the name of the boot that it belongs to, so that a time written before a restart of the process can be compared
/// after it, and one from before a reboot can't be by mistake.
/// </summary>
/// <param name="time">Wall clock and monotonic clock.</param>
internal sealed class BootClock(TimeProvider time)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>The kernel's id of this boot; without one, an id of this process: then nothing written earlier can be compared.</summary>
    public string BootId { get; } = File.Exists(BootIdFile) ? RegularFile.ReadAllText(BootIdFile, 64).Trim() : Guid.NewGuid().ToString();

    /// <summary>Wall clock, UTC.</summary>
    public DateTimeOffset UtcNow => time.GetUtcNow();

    /// <summary>Milliseconds on the monotonic clock.</summary>
    public long Milliseconds => ToMilliseconds(time.GetTimestamp());

    /// <summary>A monotonic timestamp in milliseconds.</summary>
    /// <param name="timestamp">From <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <returns>Milliseconds.</returns>
    public long ToMilliseconds(long timestamp) => (long)((Int128)timestamp * 1000 / time.TimestampFrequency);
}
