using System.Collections.Concurrent;

namespace ClipFusion.Camera;

/// <summary>Brings frames together with the triggers that asked for them, by number and in whatever order they come.</summary>
internal sealed class TriggerMatcher(TimeProvider time, FrameCounters counters, int maxWaiting)
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Frame>> _waiting = new();

    /// <summary>Announces a trigger; must come before the camera is told, so that a quick frame finds it.</summary>
    /// <exception cref="FrameException"><see cref="FrameFault.NoBuffer"/>: too many triggers wait already.</exception>
    /// <exception cref="ArgumentException">The number is being waited for already, or the time-out is not positive.</exception>
    public Task<Frame> Expect(TriggerContext trigger, CancellationToken cancellation)
    {
        if (trigger.Timeout <= TimeSpan.Zero)
            throw new ArgumentException(
                $"trigger {trigger.Number} waits {trigger.Timeout}; a trigger's time-out is more than zero",
                nameof(trigger)
            );
        if (_waiting.Count >= maxWaiting)
            throw new FrameException(FrameFault.NoBuffer, $"{maxWaiting} triggers wait for their frames already");
        var answer = new TaskCompletionSource<Frame>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_waiting.TryAdd(trigger.Number, answer))
            throw new ArgumentException($"trigger {trigger.Number} waits for its frame already; numbers are used once", nameof(trigger));
        return WaitAsync(trigger, answer, cancellation);
    }

    /// <summary>Hands a frame to its trigger; without one the frame is thrown away and counted.</summary>
    public void Offer(Frame frame)
    {
        if (
            frame.TriggerNumber is { } number
            && _waiting.TryRemove(number, out TaskCompletionSource<Frame>? answer)
            && answer.TrySetResult(frame)
        )
            return;
        counters.CountUnmatched();
        frame.Dispose();
    }

    /// <summary>Ends one trigger's wait with an error; nothing happens if it has ended already.</summary>
    public void Fail(long number, Exception failure)
    {
        if (_waiting.TryRemove(number, out TaskCompletionSource<Frame>? answer))
            answer.TrySetException(failure);
    }

    /// <summary>Ends every wait with the same reason.</summary>
    public void FailAll(FrameFault fault, string message)
    {
        foreach (long number in _waiting.Keys)
            Fail(number, new FrameException(fault, message));
    }

    private async Task<Frame> WaitAsync(TriggerContext trigger, TaskCompletionSource<Frame> answer, CancellationToken cancellation)
    {
        try
        {
            return await answer.Task.WaitAsync(trigger.Timeout, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException) when (GiveUp(trigger.Number, answer))
        {
            counters.CountTimedOut();
            throw new FrameException(
                FrameFault.Timeout,
                $"no frame for trigger {trigger.Number} within {trigger.Timeout.TotalMilliseconds:0} ms"
            );
        }
        catch (OperationCanceledException) when (GiveUp(trigger.Number, answer))
        {
            throw;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The answer came in the instant of giving up: it is taken.
            return await answer.Task.ConfigureAwait(false);
        }
    }

    /// <summary>True when nobody has begun to answer; from then on nobody can.</summary>
    private bool GiveUp(long number, TaskCompletionSource<Frame> answer) => _waiting.TryRemove(KeyValuePair.Create(number, answer));
}
