namespace ClipFusion.Models.Download;

/// <summary>How a pull behaves. Every bound has a default that suits an appliance on an ordinary line.</summary>
public sealed record PullOptions
{
    /// <summary>Folder that receives one folder per set; created when it is missing.</summary>
    public required string TargetDirectory { get; init; }

    /// <summary>Accept and pin what the server sends for files whose hash is not known. False: such files are refused.</summary>
    public bool AcceptHash { get; init; }

    /// <summary>Base URLs that replace those of the catalogue, by source. May carry <c>user:password@</c>, which is sent to that host
    /// only.</summary>
    public IReadOnlyDictionary<string, Uri> BaseUrls { get; init; } = new Dictionary<string, Uri>();

    /// <summary>A connection that brings no byte for this long is given up and tried again.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries after the first before a file is given up, counted anew whenever a try brought at least 8 MiB.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>Bytes of the disk that stay free after the pull.</summary>
    public long DiskReserveBytes { get; init; } = 256L << 20;

    /// <summary>Largest file that is accepted where the catalogue states no size, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 16L << 30;

    /// <summary>What is wrong with a base URL, or null. It must be https, end with '/', and have neither query nor fragment.</summary>
    public static string? BaseUrlFault(Uri url)
    {
        if (!url.IsAbsoluteUri || url.Scheme != Uri.UriSchemeHttps)
            return "must be an absolute https URL";
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
            return "must have neither a query nor a fragment";
        return url.AbsolutePath.EndsWith('/') ? null : "must end with '/'";
    }
}
