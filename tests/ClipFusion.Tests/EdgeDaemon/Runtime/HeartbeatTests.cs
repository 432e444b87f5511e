using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class HeartbeatTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;
    private readonly CancellationTokenSource _stop = new();

    public HeartbeatTests() => _heartbeats = new Heartbeats(_time);

    [Fact]
    public async Task ReadAllAsync_WithoutInputForAMinute_GoesOnBeating()
    {
        using Heartbeat heartbeat = _heartbeats.Add("idle");
        var channel = Channel.CreateBounded<int>(4);
        Task<List<int>> reading = ReadAsync(channel.Reader, heartbeat);
        PassAndBeat(heartbeat, seconds: 60);

        await channel.Writer.WriteAsync(7, TestContext.Current.CancellationToken);
        channel.Writer.Complete();
        Assert.Equal([7], await reading);
    }

    [Fact]
    public async Task ReadAllAsync_ItemsAmongIdleTimes_ComeAllAndInOrderAndWithoutTheClock()
    {
        using Heartbeat heartbeat = _heartbeats.Add("busy");
        var channel = Channel.CreateBounded<int>(4);
        Task<List<int>> reading = ReadAsync(channel.Reader, heartbeat);
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            await channel.Writer.WriteAsync(i, TestContext.Current.CancellationToken);
            // Lets the reader come to its waiting, at an arbitrary place.
            if (random.Next(3) == 0)
                await Task.Yield();
            if (random.Next(50) == 0)
                _time.Advance(Heartbeats.Interval);
        }

        channel.Writer.Complete();
        Assert.Equal(Enumerable.Range(0, 20_000), await reading);
    }

    [Fact]
    public async Task ReadAllAsync_WhenStopped_EndsAtOnce()
    {
        using Heartbeat heartbeat = _heartbeats.Add("idle");
        Task<List<int>> reading = ReadAsync(Channel.CreateBounded<int>(4).Reader, heartbeat);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task ReadAllAsync_WhenTheWriterFails_GivesItsError()
    {
        using Heartbeat heartbeat = _heartbeats.Add("idle");
        var channel = Channel.CreateBounded<int>(4);
        Task<List<int>> reading = ReadAsync(channel.Reader, heartbeat);
        channel.Writer.Complete(new IOException("no more"));
        Assert.Equal("no more", (await Assert.ThrowsAsync<IOException>(() => reading)).Message);
    }

    [Fact]
    public void ReadAllAsync_ItemsThatAreThere_AllocateNothing()
    {
        using Heartbeat heartbeat = _heartbeats.Add("busy");
        var channel = Channel.CreateBounded<int>(1000);
        for (int i = 0; i < 1000; i++)
            channel.Writer.TryWrite(i);
        IAsyncEnumerator<int> items = channel.Reader.ReadAllAsync(heartbeat, _stop.Token).GetAsyncEnumerator(CancellationToken.None);
        int sum = 0;
        for (int i = 0; i < 100; i++)
            sum += Next(items);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 900; i++)
            sum += Next(items);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(999 * 500, sum);
    }

    [Fact]
    public async Task WaitAsync_ForSomethingThatTakesAMinute_GoesOnBeatingAndGivesItsResult()
    {
        using Heartbeat heartbeat = _heartbeats.Add("warm-up");
        var engine = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string> waiting = heartbeat.WaitAsync(engine.Task);
        PassAndBeat(heartbeat, seconds: 60);
        engine.SetResult("built");
        Assert.Equal("built", await waiting);
    }

    [Fact]
    public void Begin_WorkWithinItsLimit_IsNotLate_AndAfterItIs()
    {
        using Heartbeat heartbeat = _heartbeats.Add("networks");
        using (heartbeat.Begin(TimeSpan.FromMinutes(2)))
        {
            _time.Advance(TimeSpan.FromSeconds(119));
            Assert.False(heartbeat.IsLate);
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.True(heartbeat.IsLate);
        }

        Assert.False(heartbeat.IsLate);
        _time.Advance(Heartbeats.IdleLimit + TimeSpan.FromSeconds(1));
        Assert.True(heartbeat.IsLate);
    }

    [Fact]
    public void Begin_WithoutTime_IsRefused()
    {
        using Heartbeat heartbeat = _heartbeats.Add("networks");
        Assert.Throws<ArgumentOutOfRangeException>(() => heartbeat.Begin(TimeSpan.Zero));
    }

    public void Dispose()
    {
        _heartbeats.Dispose();
        _stop.Dispose();
    }

    private static int Next(IAsyncEnumerator<int> items)
    {
        ValueTask<bool> next = items.MoveNextAsync();
        Assert.True(next.IsCompletedSuccessfully && next.Result);
        return items.Current;
    }

    private async Task<List<int>> ReadAsync(ChannelReader<int> reader, Heartbeat heartbeat)
    {
        var read = new List<int>();
        await foreach (int item in reader.ReadAllAsync(heartbeat, _stop.Token))
            read.Add(item);
        return read;
    }

    /// <summary>Second by second: each has to bring a beat.</summary>
    private void PassAndBeat(Heartbeat heartbeat, int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(Heartbeats.Interval);
            Assert.True(SpinWait.SpinUntil(() => heartbeat.Age == TimeSpan.Zero, TimeSpan.FromSeconds(30)), $"no beat in second {i + 1}");
        }
    }
}
