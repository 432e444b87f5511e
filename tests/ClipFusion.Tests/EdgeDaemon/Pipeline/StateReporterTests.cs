using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class StateReporterTests : IAsyncDisposable
{
    private readonly TimeWithTimers _time = new();
    private readonly Signal _changed = new();
    private readonly Channel<(long Beat, TimeSpan At)> _said = Channel.CreateUnbounded<(long, TimeSpan)>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly long _began;
    private volatile bool _isReady;

    public StateReporterTests()
    {
        _began = _time.GetTimestamp();
        _loop = new StateReporter(
            _changed,
            () => _isReady,
            beat => _said.Writer.TryWrite((beat, _time.GetElapsedTime(_began))),
            _time
        ).RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Run_NothingChanges_BeatsEverySecond()
    {
        Assert.Equal((1, TimeSpan.Zero), await NextAsync());
        TimeSpan last = TimeSpan.Zero;
        for (int i = 2; i <= 4; i++)
        {
            // To the very moment that the loop waits for: a clock that moves by itself would run ahead of a loop that gets no processor.
            _time.Advance(await _time.NextDueAsync(TestContext.Current.CancellationToken));
            (long beat, TimeSpan at) = await NextAsync();
            Assert.Equal(i, beat);
            Assert.True(at - last >= TimeSpan.FromMilliseconds(900), $"beat {beat} came {at - last} after the one before");
            last = at;
        }
    }

    [Fact]
    public async Task Run_ReadyChanges_IsSaidWithoutTimePassing()
    {
        await NextAsync();
        foreach (bool ready in (bool[])[true, false, true])
        {
            _isReady = ready;
            _changed.Set();
            Assert.Equal((1, TimeSpan.Zero), await NextAsync());
        }
    }

    [Fact]
    public async Task Run_ManyChanges_SaysAtMostTenASecondAndNeverLosesTheLast()
    {
        await NextAsync();
        List<(long Beat, TimeSpan At)> said = [];
        for (int ms = 0; ms < 1000; ms += 5)
        {
            _changed.Set();
            Pass(TimeSpan.FromMilliseconds(5));
            while (_said.Reader.TryRead(out (long, TimeSpan) one))
                said.Add(one);
        }

        // However late the loop was: what was left unsaid comes by itself.
        said.Add(await NextAsync(passing: TimeSpan.FromMilliseconds(10)));
        Assert.All(
            said.Zip(said.Skip(1)),
            pair =>
                Assert.True(
                    pair.Second.At - pair.First.At >= TimeSpan.FromMilliseconds(100) || pair.Second.Beat > pair.First.Beat,
                    $"{pair}"
                )
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop);
        _stop.Dispose();
    }

    /// <summary>The next message, while time passes in small steps: the loop may set its timer late.</summary>
    private async Task<(long Beat, TimeSpan At)> NextAsync(TimeSpan passing = default)
    {
        (long Beat, TimeSpan At) said;
        while (!_said.Reader.TryRead(out said))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (passing > TimeSpan.Zero)
                Pass(passing);
            else
                await _said.Reader.WaitToReadAsync(TestContext.Current.CancellationToken);
        }

        return said;
    }

    private void Pass(TimeSpan span)
    {
        Thread.Yield();
        _time.Advance(span);
    }

    /// <summary>A clock that tells for how long it was asked to wait.</summary>
    private sealed class TimeWithTimers : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _due = Channel.CreateUnbounded<TimeSpan>();

        public ValueTask<TimeSpan> NextDueAsync(CancellationToken cancellation) => _due.Reader.ReadAsync(cancellation);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            _due.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
