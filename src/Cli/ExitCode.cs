namespace ClipFusion.Cli;

/// <summary>What the process tells its caller. Service managers do not restart after <see cref="BadArguments"/>.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Clean = 0;

    /// <summary>It failed; the same command may work later.</summary>
    public const int Failed = 1;

    /// <summary>It was stopped by Ctrl-C or SIGTERM before it was done, as shells say it: 128 + SIGINT. The appliance and the demo end with
    /// <see cref="Clean"/>.</summary>
    public const int Interrupted = 130;

    /// <summary>The arguments or the configuration are wrong; the same command can't work.</summary>
    public const int BadArguments = 2;
}
