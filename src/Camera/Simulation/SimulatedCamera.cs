using System.Runtime.CompilerServices;

namespace ClipFusion.Camera.Simulation;

/// <summary>
/// A camera over a <see cref="SimulatedLine"/>. The trigger's number is the part's number; self-arriving frames show the parts 1, 2, 3, ...
/// and a part's number is its frame's <see cref="Frame.Id"/>. Nothing in a frame tells whether the part is good.
/// </summary>
public sealed class SimulatedCamera : IFrameSource
{
    private readonly SimulatedLine _line;
    private readonly SimulatedCameraOptions _options;
    private readonly TimeProvider _time;
    private readonly FramePool _pool;
    private readonly TriggerMatcher _matcher;
    private readonly StateHolder _state;
    private readonly CameraScript _script;
    private readonly PartPhotographer _photographer;
    private CancellationTokenSource _session = new();
    private ulong _frames;
    private int _isStreaming;

    /// <summary>Makes a closed camera.</summary>
    /// <param name="line">What it looks at.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="time">The clock of latencies, time-outs and stamps; null for the system's.</param>
    public SimulatedCamera(SimulatedLine line, SimulatedCameraOptions? options = null, TimeProvider? time = null)
    {
        _line = line;
        _options = options ?? new SimulatedCameraOptions();
        _time = time ?? TimeProvider.System;
        _pool = new FramePool(_options.BufferCount, line.Shape.ByteCount);
        _matcher = new TriggerMatcher(_time, Counters, _options.MaxWaitingTriggers);
        _state = new StateHolder(Counters);
        _script = new CameraScript(_options.Faults, line.Options.Seed);
        _photographer = new PartPhotographer(line);
    }

    /// <inheritdoc/>
    public SourceState State => _state.Current;

    /// <inheritdoc/>
    public FrameCounters Counters { get; } = new();

    /// <inheritdoc/>
    public bool FramesWait => false;

    /// <inheritdoc/>
    public bool MatchesTriggers => false;

    /// <summary>Frames that were exposed, whatever became of them.</summary>
    internal ulong Arrived => Volatile.Read(ref _frames);

    /// <inheritdoc/>
    public event Action<SourceState>? StateChanged
    {
        add => _state.Changed += value;
        remove => _state.Changed -= value;
    }

    /// <inheritdoc/>
    public ValueTask OpenAsync(CancellationToken cancellation = default)
    {
        if (State.Status != SourceStatus.Closed)
            throw new InvalidOperationException("the simulated camera is open already");
        _session = new CancellationTokenSource();
        _state.Set(SourceState.Connected, onlyFrom: SourceStatus.Closed);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        if (!_state.Set(SourceState.Closed))
            return;
        await _session.CancelAsync().ConfigureAwait(false);
        _matcher.FailAll(FrameFault.Disconnected, "the simulated camera was closed");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _session.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask<Frame> TriggerAsync(TriggerContext trigger, CancellationToken cancellation = default)
    {
        State.EnsureConnected("the simulated camera");
        Task<Frame> answer = _matcher.Expect(trigger, cancellation);
        _ = Task.Run(() => ExposeAsync(trigger.Number, _session.Token), CancellationToken.None);
        Frame frame = await answer.ConfigureAwait(false);
        Counters.CountDelivered(frame);
        return frame;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default)
    {
        if (_options.FrameInterval is not { } interval)
            throw new InvalidOperationException("this simulated camera has no frame interval: it only answers triggers");
        if (State.Status == SourceStatus.Closed)
            throw new InvalidOperationException("the simulated camera is closed: open it before streaming");
        if (Interlocked.Exchange(ref _isStreaming, 1) != 0)
            throw new InvalidOperationException("the simulated camera's frames are being read already");
        return StreamAsync(interval, _session.Token, cancellation);
    }

    private async IAsyncEnumerable<Frame> StreamAsync(
        TimeSpan interval,
        CancellationToken session,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var queue = new FrameQueue(_options.QueueCapacity, _options.WhenFull, Counters);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(session, cancellation);
        Task producer = ProduceAsync(queue, interval, reading.Token);
        try
        {
            await foreach (Frame frame in queue.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                Counters.CountDelivered(frame);
                yield return frame;
            }
        }
        finally
        {
            await reading.CancelAsync().ConfigureAwait(false);
            await producer.ConfigureAwait(false);
            queue.Clear();
            Volatile.Write(ref _isStreaming, 0);
        }
    }

    /// <summary>Never throws: its end, with or without an error, is the end of the queue.</summary>
    private async Task ProduceAsync(FrameQueue queue, TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            using var ticks = new PeriodicTimer(interval, _time);
            while (await ticks.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
            {
                if (State.Status == SourceStatus.Connected)
                    await ArriveAsync(queue, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            queue.End();
        }
        catch (Exception e)
        {
            queue.End(e);
        }
    }

    private async Task ArriveAsync(FrameQueue queue, CancellationToken cancellation)
    {
        ulong part = Interlocked.Increment(ref _frames);
        CameraFaultRule? rule = _script.For(part);
        if (rule?.Fault == CameraFault.NoFrame)
            return;
        if (rule?.Fault == CameraFault.Disconnect)
        {
            Disconnect(part, rule.Duration, cancellation);
            return;
        }
        if (rule?.Fault == CameraFault.LateFrame)
            await Task.Delay(rule.Duration, _time, cancellation).ConfigureAwait(false);
        if (_pool.TryRent(_photographer.ShapeFor(rule)) is not { } frame)
        {
            Counters.CountDropped();
            return;
        }
        Photograph(frame, part, part, trigger: null, rule);
        queue.Add(frame);
    }

    /// <summary>The device's side of a trigger; never throws.</summary>
    private async Task ExposeAsync(long number, CancellationToken session)
    {
        try
        {
            ulong part = (ulong)number;
            CameraFaultRule? rule = _script.For(part);
            if (rule?.Fault == CameraFault.NoFrame)
                return;
            if (rule?.Fault == CameraFault.Disconnect)
            {
                Disconnect(part, rule.Duration, session);
                return;
            }
            TimeSpan latency = _options.Latency + (rule?.Fault == CameraFault.LateFrame ? rule.Duration : TimeSpan.Zero);
            if (latency > TimeSpan.Zero)
                await Task.Delay(latency, _time, session).ConfigureAwait(false);
            Frame frame = await _pool.RentAsync(_photographer.ShapeFor(rule), session).ConfigureAwait(false);
            Photograph(frame, part, Interlocked.Increment(ref _frames), number, rule);
            _matcher.Offer(frame);
        }
        catch (OperationCanceledException)
        {
            // Closed: the matcher has told the trigger.
        }
        catch (Exception e)
        {
            _matcher.Fail(number, e);
        }
    }

    private void Photograph(Frame frame, ulong part, ulong id, long? trigger, CameraFaultRule? rule)
    {
        try
        {
            _photographer.Take(frame, part, rule);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        frame.Stamp(id, _time.GetUtcNow(), _time.GetTimestamp(), trigger, isComplete: rule?.Fault != CameraFault.HalfFrame);
    }

    private void Disconnect(ulong part, TimeSpan duration, CancellationToken session)
    {
        string reason = $"unplugged at part {part} for {duration.TotalSeconds:0.###} s";
        if (!_state.Set(SourceState.Lost(reason), onlyFrom: SourceStatus.Connected))
            return;
        _matcher.FailAll(FrameFault.Disconnected, $"the simulated camera was {reason}");
        _ = ReconnectAsync(duration, session);
    }

    private async Task ReconnectAsync(TimeSpan duration, CancellationToken session)
    {
        await Task.Delay(duration, _time, session).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!session.IsCancellationRequested)
            _state.Set(SourceState.Connected, onlyFrom: SourceStatus.Lost);
    }
}
