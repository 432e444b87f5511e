using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>Waiting for input with a heartbeat.</summary>
internal static class HeartbeatReading
{
    /// <summary>
    /// Reads a channel to its end, as <see cref="ChannelReader{T}.ReadAllAsync"/> does, and beats for every item and once a second while
    /// there is none. Waiting allocates nothing.
    /// </summary>
    /// <typeparam name="T">What the channel holds.</typeparam>
    /// <param name="reader">The channel; this is its only reader.</param>
    /// <param name="heartbeat">The reading loop's.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <returns>The items.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(
        this ChannelReader<T> reader,
        Heartbeat heartbeat,
        [EnumeratorCancellation] CancellationToken stop
    )
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(heartbeat);
        using CancellationTokenRegistration end = stop.UnsafeRegister(static h => ((Heartbeat)h!).Wake(), heartbeat);
        var arrival = new Arrival<T>(reader, heartbeat);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (reader.TryRead(out T? item))
            {
                heartbeat.Beat();
                yield return item;
            }
            else if (arrival.IsNone())
            {
                await heartbeat.NextAsync().ConfigureAwait(false);
            }
            else if (arrival.IsTheEnd())
            {
                yield break;
            }
        }
    }

    /// <summary>
    /// A channel's next item or end, looked at more than once. Given without a token, because a channel reuses its waiting operation only
    /// then; so it outlives the reading that is stopped, once, which harms nobody.
    /// </summary>
    private sealed class Arrival<T>(ChannelReader<T> reader, Heartbeat heartbeat)
    {
        private ValueTaskAwaiter<bool> _next;
        private bool _isAsked;
        private volatile bool _isThere;
        private Action? _arrived;

        /// <summary>Whether nothing has come; the heartbeat wakes when it does.</summary>
        public bool IsNone()
        {
            if (!_isAsked)
            {
#pragma warning disable CA2012 // Its result is taken once, in IsTheEnd.
                (_next, _isAsked, _isThere) = (reader.WaitToReadAsync(CancellationToken.None).GetAwaiter(), true, false);
#pragma warning restore CA2012
                if (_next.IsCompleted)
                    _isThere = true;
                else
                    _next.UnsafeOnCompleted(_arrived ??= Arrived);
            }

            return !_isThere;
        }

        /// <summary>Takes what has come.</summary>
        public bool IsTheEnd()
        {
            _isAsked = false;
            return !_next.GetResult();
        }

        // Not IsCompleted: that is so a moment before the channel has let go of the operation.
        private void Arrived()
        {
            _isThere = true;
            heartbeat.Wake();
        }
    }
}
