namespace ClipFusion.Models.Download;

/// <summary>Why a pull failed.</summary>
public enum PullFailure
{
    /// <summary>A file's hash is neither in the catalogue nor pinned, and accepting was not asked for.</summary>
    HashUnknown,

    /// <summary>The pin in models.lock.json and the catalogue disagree, or the pin file cannot be read.</summary>
    PinConflict,

    /// <summary>What arrived is not the file that was expected; it was thrown away.</summary>
    HashMismatch,

    /// <summary>The server states or sends another size than the catalogue, or more than the bound allows.</summary>
    SizeMismatch,

    /// <summary>A URL or a redirect is not https.</summary>
    NotHttps,

    /// <summary>More redirects than allowed, or one without a usable address.</summary>
    BadRedirect,

    /// <summary>The server's certificate is not trusted.</summary>
    UntrustedServer,

    /// <summary>The server answered with an error that trying again would not cure.</summary>
    Refused,

    /// <summary>The server broke HTTP's rules in a way that makes its answer unusable.</summary>
    Protocol,

    /// <summary>The connection failed, broke off or stalled, and the bounded retries did not help.</summary>
    Connection,

    /// <summary>Not enough space on the disk.</summary>
    DiskSpace,

    /// <summary>The target folder or a file in it cannot be written or read.</summary>
    Storage,

    /// <summary>Another pull works in the same folder.</summary>
    Busy,
}

/// <summary>A pull that did not finish. Files that were finished before stay installed; unfinished ones are continued by the next
/// pull.</summary>
public sealed class PullException : Exception
{
    /// <summary>Describes the failure.</summary>
    /// <param name="failure">The kind.</param>
    /// <param name="message">One line: what, where, and what was expected. Holds no credentials.</param>
    /// <param name="inner">The cause, if an exception was it.</param>
    public PullException(PullFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>The kind of failure.</summary>
    public PullFailure Failure { get; }

    /// <summary>True where the same request may succeed a little later.</summary>
    internal bool Retryable { get; init; }

    /// <summary>How long the server asked to wait, or null.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
