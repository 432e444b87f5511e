using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace ClipFusion.Models.Download;

/// <summary>Downloads one file into its part file, continuing where an earlier try stopped, and hands it over complete and
/// verified.</summary>
/// <param name="fetcher">Sends the requests.</param>
/// <param name="options">Bounds.</param>
/// <param name="retries">Pauses between tries.</param>
/// <param name="time">Clock of the stall time-out.</param>
/// <param name="requireSpace">Throws when this many more bytes do not fit on the disk.</param>
/// <param name="progress">Told about every block.</param>
internal sealed class FileDownload(
    HttpsFetcher fetcher,
    PullOptions options,
    Retries retries,
    TimeProvider time,
    Action<long> requireSpace,
    IProgress<PullProgress> progress
)
{
    private const int BlockBytes = 128 << 10;

    /// <summary>A try that brought this much was worth it: retries are counted anew. Bounded by the size of the file.</summary>
    private const long WorthwhileBytes = 8L << 20;

    /// <summary>The size that the server states for a file, or null where it does not say.</summary>
    public Task<long?> AskSizeAsync(DownloadJob job, CancellationToken cancellation) =>
        retries.RunAsync(
            async () =>
            {
                using var stall = new StallGuard(job.Name, options.StallTimeout, time, cancellation);
                using var response = await fetcher.SendAsync(HttpMethod.Head, job.Url, static _ => { }, stall).ConfigureAwait(false);
                if (response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
                    return null;
                if (response.StatusCode != HttpStatusCode.OK)
                    throw HttpAnswer.Failure(job, response, time);
                return response.Content.Headers.ContentLength;
            },
            static () => false,
            (e, pause) => ReportRetry(job, 0, null, e, pause),
            cancellation
        );

    /// <summary>Downloads and verifies a file. The caller installs the returned part file and disposes it.</summary>
    /// <exception cref="PullException">It could not be had; after a wrong hash or size nothing of it is left.</exception>
    public async Task<PartFile> RunAsync(DownloadJob job, CancellationToken cancellation)
    {
        var part = await PartFile.OpenAsync(job.FinalPath, HttpsFetcher.WithoutCredentials(job.Url), cancellation).ConfigureAwait(false);
        try
        {
            long furthest = part.Length;
            await retries
                .RunAsync(
                    () => TryAsync(job, part, cancellation),
                    () =>
                    {
                        if (part.Length < furthest + WorthwhileBytes)
                            return false;
                        furthest = part.Length;
                        return true;
                    },
                    (e, pause) => ReportRetry(job, part.Length, part.Total, e, pause),
                    cancellation
                )
                .ConfigureAwait(false);
            Verify(job, part);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private async Task<bool> TryAsync(DownloadJob job, PartFile part, CancellationToken cancellation)
    {
        if (part.Length > 0 && part.Length == part.Total)
            return true;

        using var stall = new StallGuard(job.Name, options.StallTimeout, time, cancellation);
        using var response = await fetcher
            .SendAsync(HttpMethod.Get, job.Url, headers => AskForRest(headers, part), stall)
            .ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when part.Length > 0:
                HttpAnswer.CheckContinues(job, response, part);
                break;
            case HttpStatusCode.OK:
                if (part.Length > 0)
                    progress.Report(new PullProgress(PullStep.Restarted, job.Name, 0, null, "the server sent the file from its beginning"));
                HttpAnswer.CheckWhole(job, response);
                part.Restart(
                    HttpsFetcher.WithoutCredentials(job.Url),
                    response.Headers.ETag?.ToString(),
                    response.Content.Headers.LastModified?.ToString("R"),
                    response.Content.Headers.ContentLength
                );
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable when part.Length > 0:
                // Nothing after our last byte: either we have all of it, or the file is another one by now.
                if (response.Content.Headers.ContentRange?.Length == part.Length)
                    return true;
                throw HttpAnswer.Changed(job, part, "the server no longer has the range that is missing");
            default:
                throw HttpAnswer.Failure(job, response, time);
        }

        long limit = job.Size ?? options.MaxFileBytes;
        if (part.Total > limit)
            throw TooLarge(job, part, limit);
        limit = part.Total ?? limit;
        if (part.Total is { } total)
            requireSpace(total - part.Length);
        await ReceiveAsync(job, part, response.Content, limit, stall, cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task ReceiveAsync(
        DownloadJob job,
        PartFile part,
        HttpContent content,
        long limit,
        StallGuard stall,
        CancellationToken cancellation
    )
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            while (await ReadAsync(job, body, block, stall).ConfigureAwait(false) is > 0 and int read)
            {
                if (part.Length + read > limit)
                    throw TooLarge(job, part, limit);
                await part.AppendAsync(block.AsMemory(0, read), cancellation).ConfigureAwait(false);
                progress.Report(new PullProgress(PullStep.Downloading, job.Name, part.Length, part.Total ?? job.Size));
            }

            if (part.Total is { } total && part.Length < total)
            {
                throw new PullException(PullFailure.Connection, $"{job.Name}: the connection ended after {part.Length} of {total} bytes")
                {
                    Retryable = true,
                };
            }
        }
        catch (Exception e) when (e is not PullException { Failure: PullFailure.SizeMismatch })
        {
            part.Checkpoint();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static async Task<int> ReadAsync(DownloadJob job, Stream body, byte[] block, StallGuard stall)
    {
        try
        {
            return await stall.WaitAsync(token => body.ReadAsync(block, 0, BlockBytes, token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new PullException(PullFailure.Connection, $"{job.Name}: the connection broke off: {e.GetBaseException().Message}", e)
            {
                Retryable = true,
            };
        }
    }

    private static void AskForRest(HttpRequestHeaders headers, PartFile part)
    {
        if (part.Length == 0)
            return;
        headers.Range = new RangeHeaderValue(part.Length, null);
        headers.TryAddWithoutValidation("If-Range", part.Validator);
    }

    private static void Verify(DownloadJob job, PartFile part)
    {
        if (job.Size is { } size && part.Length != size)
        {
            long found = part.Length;
            part.Discard();
            throw new PullException(
                PullFailure.SizeMismatch,
                $"{job.Name}: {size} bytes are expected, {found} arrived; nothing was installed"
            );
        }

        if (job.Sha256 is { } expected && part.Sha256 != expected)
        {
            string found = part.Sha256;
            part.Discard();
            throw new PullException(
                PullFailure.HashMismatch,
                $"{job.Name}: sha256 {expected} is expected by {job.HashSource}, {found} was found in what "
                    + $"{HttpsFetcher.Show(job.Url)} sent; nothing was installed"
            );
        }
    }

    private static PullException TooLarge(DownloadJob job, PartFile part, long limit)
    {
        part.Discard();
        return new PullException(
            PullFailure.SizeMismatch,
            $"{job.Name}: the server sends more than the {limit} bytes that are expected or allowed; nothing was installed"
        );
    }

    private void ReportRetry(DownloadJob job, long bytes, long? total, PullException e, TimeSpan pause) =>
        progress.Report(new PullProgress(PullStep.Retrying, job.Name, bytes, total, $"{e.Message}; again in {pause.TotalSeconds:0.0} s"));
}
