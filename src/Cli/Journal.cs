namespace ClipFusion.Cli;

/// <summary>Whether what is written goes to systemd's journal: systemd.exec(5), <c>JOURNAL_STREAM</c>.</summary>
internal static class Journal
{
    private const string StandardError = "/proc/self/fd/2";

    /// <summary>Whether the process's standard error is the journal's, and not a file or pipe that somebody put in its place.</summary>
    public static bool IsStandardError()
    {
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not { Length: > 0 } named)
            return false;
        try
        {
            return Is(named, File.ResolveLinkTarget(StandardError, returnFinalTarget: false)?.Name);
        }
        catch (IOException)
        {
            // Without /proc nobody can tell, and a line without a priority is a line all the same.
            return false;
        }
    }

    /// <summary>Whether a stream is the one that was named.</summary>
    /// <param name="named">Device and inode in decimal, such as <c>8:12345</c>.</param>
    /// <param name="stream">
    /// What the kernel calls the stream, such as <c>socket:[12345]</c>. Sockets have one number space: the inode is enough.
    /// </param>
    internal static bool Is(string named, string? stream) =>
        named.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon
        && stream is not null
        && stream.EndsWith($":[{named[(colon + 1)..]}]", StringComparison.Ordinal);
}
