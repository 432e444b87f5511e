using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.Foundation;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.Camera.Simulation;

public sealed class SimulatedCameraTests
{
    private static readonly SimulatedLine Line = new(
        new LineOptions
        {
            Width = 96,
            Height = 64,
            Material = Material.PrintedLabel,
        }
    );
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trigger_Answer_CarriesNumberAndTimes()
    {
        await using SimulatedCamera camera = await Open();
        _time.Advance(TimeSpan.FromSeconds(2));
        using Frame frame = await Trigger(camera, 42);
        Assert.Equal(42, frame.TriggerNumber);
        Assert.Equal(_time.GetUtcNow(), frame.CapturedAt);
        Assert.Equal(_time.GetTimestamp(), frame.Timestamp);
        Assert.True(frame.IsComplete);
        Assert.Equal((96, 64, 288, PixelFormat.RGB8), (frame.Width, frame.Height, frame.Stride, frame.Format));
    }

    [Fact]
    public async Task Triggers_AtOnce_EachGetTheirOwnPart()
    {
        await using SimulatedCamera camera = await Open();
        var alone = new Dictionary<long, byte[]>();
        for (long part = 1; part <= 6; part++)
        {
            using Frame frame = await Trigger(camera, part);
            alone[part] = frame.Pixels.ToArray();
        }
        Task<Frame>[] together = [.. Enumerable.Range(1, 6).Reverse().Select(part => Trigger(camera, part))];
        foreach (Frame frame in await Task.WhenAll(together))
        {
            Assert.Equal(alone[frame.TriggerNumber!.Value], frame.Pixels.ToArray());
            frame.Dispose();
        }
    }

    [Fact]
    public async Task LateFrame_AfterItsTriggerTimedOut_AnswersNoOther()
    {
        await using SimulatedCamera camera = await Open(CameraFaultRule.At(1, CameraFault.LateFrame, TimeSpan.FromSeconds(5)));
        Task<Frame> late = Trigger(camera, 1, seconds: 1);
        await Waiting(late, TimeSpan.FromSeconds(1));
        Assert.Equal(FrameFault.Timeout, (await Assert.ThrowsAsync<FrameException>(() => late)).Fault);
        using Frame next = await Trigger(camera, 2);
        Assert.Equal(2, next.TriggerNumber);
        while (camera.Counters.Unmatched == 0)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal((1, 1, 1), (camera.Counters.TimedOut, camera.Counters.Unmatched, camera.Counters.Delivered));
    }

    [Fact]
    public async Task NoFrame_Trigger_TimesOutByTheClockOnly()
    {
        await using SimulatedCamera camera = await Open(CameraFaultRule.At(7, CameraFault.NoFrame));
        Task<Frame> none = Trigger(camera, 7, seconds: 3);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(none.IsCompleted);
        await Waiting(none, TimeSpan.FromSeconds(0.2));
        Assert.Equal("no frame for trigger 7 within 3000 ms", (await Assert.ThrowsAsync<FrameException>(() => none)).Message);
    }

    [Fact]
    public async Task ScriptedFaults_ShowInTheFrame()
    {
        await using SimulatedCamera camera = await Open(
            CameraFaultRule.At(1, CameraFault.HalfFrame),
            CameraFaultRule.At(2, CameraFault.WrongSize),
            CameraFaultRule.At(3, CameraFault.TooDark),
            CameraFaultRule.At(4, CameraFault.TooBright),
            CameraFaultRule.At(5, CameraFault.Blurred)
        );
        using Frame half = await Trigger(camera, 1),
            wrong = await Trigger(camera, 2),
            dark = await Trigger(camera, 3),
            bright = await Trigger(camera, 4);
        using Frame blurred = await Trigger(camera, 5),
            fine = await Trigger(camera, 6);
        Assert.False(half.IsComplete);
        Assert.True(half.Pixels[^1] == 0 && half.Pixels[0] != 0);
        Assert.Equal((48, 32), (wrong.Width, wrong.Height));
        Assert.True(Mean(dark) < 15 && Mean(bright) > 220, $"dark {Mean(dark)}, bright {Mean(bright)}");
        Assert.True(Roughness(blurred) < 0.4 * Roughness(fine), $"blurred {Roughness(blurred)}, sharp {Roughness(fine)}");
        Assert.Equal((6, 1), (camera.Counters.Delivered, camera.Counters.Incomplete));
    }

    [Fact]
    public async Task Disconnect_ForAWhile_FailsTriggersAndComesBackByItself()
    {
        await using SimulatedCamera camera = await Open(CameraFaultRule.At(3, CameraFault.Disconnect, TimeSpan.FromSeconds(4)));
        var states = new List<SourceState>();
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        camera.StateChanged += state =>
        {
            states.Add(state);
            if (state.Status == SourceStatus.Connected)
                back.TrySetResult();
        };
        Assert.Equal(FrameFault.Disconnected, (await Assert.ThrowsAsync<FrameException>(() => Trigger(camera, 3))).Fault);
        FrameException meanwhile = await Assert.ThrowsAsync<FrameException>(() => Trigger(camera, 4));
        Assert.Contains("unplugged at part 3", meanwhile.Message, StringComparison.Ordinal);
        while (!back.Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        (await Trigger(camera, 5)).Dispose();
        Assert.Equal([SourceStatus.Lost, SourceStatus.Connected], states.Select(state => state.Status));
        Assert.Equal(1, camera.Counters.Lost);
    }

    [Theory, InlineData(FullPolicy.DropOldest, 6, 99), InlineData(FullPolicy.DropNewest, 2, 2)]
    public async Task FreeRunning_ReaderTooSlow_DropsByPolicyAndCounts(FullPolicy policy, ulong lowest, ulong highest)
    {
        var options = new SimulatedCameraOptions
        {
            FrameInterval = TimeSpan.FromMilliseconds(50),
            QueueCapacity = 1,
            WhenFull = policy,
        };
        await using var camera = new SimulatedCamera(Line, options, _time);
        await camera.OpenAsync(Cancellation);
        await using IAsyncEnumerator<Frame> frames = camera.StreamAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        ValueTask<bool> first = frames.MoveNextAsync();
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True(await first);
        Assert.Equal(1UL, frames.Current.Id);
        frames.Current.Dispose();
        while (camera.Counters.Dropped < 4)
        {
            if (camera.Arrived - (ulong)camera.Counters.Dropped < 3)
                _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
        Assert.True(await frames.MoveNextAsync());
        Assert.InRange(frames.Current.Id, lowest, highest);
        Assert.Null(frames.Current.TriggerNumber);
        frames.Current.Dispose();
    }

    [Fact]
    public async Task Close_WithWaitingTrigger_EndsItAndMayBeOpenedAgain()
    {
        await using SimulatedCamera camera = await Open(CameraFaultRule.At(1, CameraFault.NoFrame));
        Task<Frame> waiting = Trigger(camera, 1);
        await camera.CloseAsync();
        Assert.Equal(FrameFault.Disconnected, (await Assert.ThrowsAsync<FrameException>(() => waiting)).Fault);
        Assert.Equal(FrameFault.Disconnected, (await Assert.ThrowsAsync<FrameException>(() => Trigger(camera, 2))).Fault);
        await camera.OpenAsync(Cancellation);
        (await Trigger(camera, 2)).Dispose();
    }

    [Fact]
    public void Photograph_SteadyState_AllocatesNothingLarge()
    {
        // On this thread, as other tests allocate beside it.
        var line = new SimulatedLine(
            new LineOptions
            {
                Width = 512,
                Height = 400,
                DefectRate = 1,
            }
        );
        var photographer = new PartPhotographer(line);
        var pool = new FramePool(1, line.Shape.ByteCount);
        long before = 0;
        for (ulong part = 0; part < 40; part++)
        {
            if (part == 20)
                before = GC.GetAllocatedBytesForCurrentThread();
            using Frame frame = pool.TryRent(line.Shape)!;
            photographer.Take(frame, part, rule: null);
        }
        // A frame has 600 kB: one large array in twenty frames would show.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, 25_000);
    }

    private async Task<SimulatedCamera> Open(params CameraFaultRule[] faults)
    {
        var camera = new SimulatedCamera(Line, new SimulatedCameraOptions { Faults = faults }, _time);
        await camera.OpenAsync(Cancellation);
        return camera;
    }

    private static Task<Frame> Trigger(SimulatedCamera camera, long part, double seconds = 60) =>
        camera.TriggerAsync(new TriggerContext(part, TimeSpan.FromSeconds(seconds)), Cancellation).AsTask();

    private async Task Waiting(Task task, TimeSpan step)
    {
        _time.Advance(step);
        await Task.WhenAny(task).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private static double Mean(Frame frame) => frame.Pixels.ToArray().Average(value => (double)value);

    private static double Roughness(Frame frame)
    {
        byte[] bytes = frame.Pixels.ToArray();
        return Enumerable.Range(0, bytes.Length - 3).Average(i => (double)Math.Abs(bytes[i] - bytes[i + 3]));
    }
}
