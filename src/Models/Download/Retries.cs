using ClipFusion.Foundation;

namespace ClipFusion.Models.Download;

/// <summary>Tries again after failures that may pass, with pauses of 1, 2, 4, ... 30 s (<see cref="BackOff"/>).</summary>
internal sealed class Retries(int maxRetries, TimeProvider time, Random random)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>A server may ask for more than our own pauses, but not for a pause without end.</summary>
    private static readonly TimeSpan LongestAskedPause = TimeSpan.FromMinutes(2);

    /// <summary>Runs an attempt until it succeeds, fails for good, or the retries are used up.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="advanced">True when the last attempt brought so much that the count starts anew; must be bounded.</param>
    /// <param name="retrying">Told before each pause.</param>
    /// <param name="cancellation">Ends the pauses.</param>
    /// <exception cref="PullException">The last failure; its message says how often it was tried.</exception>
    public async Task<T> RunAsync<T>(
        Func<Task<T>> attempt,
        Func<bool> advanced,
        Action<PullException, TimeSpan> retrying,
        CancellationToken cancellation
    )
    {
        var pauses = new BackOff(FirstPause, LongestPause, random);
        for (int failures = 0; ; )
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (PullException e) when (e.Retryable)
            {
                if (advanced())
                {
                    failures = 0;
                    pauses.Reset();
                }

                failures++;
                if (failures > maxRetries)
                    throw new PullException(e.Failure, $"{e.Message}; given up after {failures} tries", e);
                TimeSpan pause = Longer(pauses.Next(), e.RetryAfter);
                retrying(e, pause);
                await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private static TimeSpan Longer(TimeSpan own, TimeSpan? asked)
    {
        if (asked is not { } wanted || wanted <= own)
            return own;
        return wanted < LongestAskedPause ? wanted : LongestAskedPause;
    }
}
