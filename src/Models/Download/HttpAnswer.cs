using System.Net;

namespace ClipFusion.Models.Download;

/// <summary>Judges what a server answered to a request for a file.</summary>
internal static class HttpAnswer
{
    /// <summary>Checks that a 206 continues exactly the bytes that are there.</summary>
    /// <exception cref="PullException">It does not; the bytes are thrown away and the file is asked for anew (retryable).</exception>
    public static void CheckContinues(DownloadJob job, HttpResponseMessage response, PartFile part)
    {
        CheckEncoding(job, response);
        // A server that does not know If-Range sends the rest of a newer file.
        if (response.Headers.ETag?.ToString() is { } tag && part.ETag is { } known && tag != known)
            throw Changed(job, part, "the file changed on the server");
        var range = response.Content.Headers.ContentRange;
        if (range?.From != part.Length || (range.Length is { } total && part.Total is { } stated && total != stated))
        {
            throw Changed(
                job,
                part,
                $"the server sent the range '{range}' where bytes from {part.Length} of {part.Total?.ToString() ?? "*"} were asked for"
            );
        }
    }

    /// <summary>Checks that a 200 can be a whole, untouched file of the expected size.</summary>
    /// <exception cref="PullException">It cannot.</exception>
    public static void CheckWhole(DownloadJob job, HttpResponseMessage response)
    {
        CheckEncoding(job, response);
        long? length = response.Content.Headers.ContentLength;
        if (job.Size is { } size && length is { } stated && stated != size)
        {
            throw new PullException(
                PullFailure.SizeMismatch,
                $"{job.Name}: {size} bytes are expected, {HttpsFetcher.Show(job.Url)} has {stated}; nothing was downloaded"
            );
        }

        // Where the end of the connection is the end of the file, a cut looks like success; without a hash nothing would notice.
        if (length is null && response.Headers.TransferEncodingChunked != true && job.Sha256 is null)
        {
            throw new PullException(
                PullFailure.Protocol,
                $"{job.Name}: {HttpsFetcher.Show(job.Url)} states no length, so without a known sha256 a broken-off download could not "
                    + "be told from a whole one"
            );
        }
    }

    /// <summary>Empties the part file because it cannot be continued.</summary>
    public static PullException Changed(DownloadJob job, PartFile part, string why)
    {
        part.Restart(HttpsFetcher.WithoutCredentials(job.Url), null, null, null);
        return new PullException(PullFailure.Protocol, $"{job.Name}: {why}; starting from the first byte") { Retryable = true };
    }

    /// <summary>The failure that a status stands for.</summary>
    public static PullException Failure(DownloadJob job, HttpResponseMessage response, TimeProvider time)
    {
        int status = (int)response.StatusCode;
        bool retryable =
            response.StatusCode
            is HttpStatusCode.RequestTimeout
                or HttpStatusCode.TooManyRequests
                or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout;
        string hint = response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => "; another mirror can be given as base URL",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "; the base URL may carry user:password@",
            _ => "",
        };
        var after = response.Headers.RetryAfter;
        return new PullException(
            PullFailure.Refused,
            $"{job.Name}: {HttpsFetcher.Show(job.Url)} answered {status} {response.ReasonPhrase}{hint}"
        )
        {
            Retryable = retryable,
            RetryAfter = after?.Delta ?? (after?.Date is { } date ? date - time.GetUtcNow() : null),
        };
    }

    private static void CheckEncoding(DownloadJob job, HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw new PullException(
                PullFailure.Protocol,
                $"{job.Name}: {HttpsFetcher.Show(job.Url)} sent the file compressed although it was asked not to"
            );
        }
    }
}
