using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class LoopsTests
{
    [Fact]
    public async Task RunAsync_WhenOneLoopFails_FailsAtOnceAndDoesNotWaitForTheOthers()
    {
        var forever = new TaskCompletionSource();
        Task loops = Loops.RunAsync([forever.Task, Task.FromException(new InvalidOperationException("stage 2"))]);
        Assert.Equal("stage 2", (await Assert.ThrowsAsync<InvalidOperationException>(() => loops)).Message);
    }

    [Fact]
    public async Task RunAsync_WhenOneLoopEndsAlone_WaitsForTheOthers()
    {
        var other = new TaskCompletionSource();
        Task loops = Loops.RunAsync([Task.CompletedTask, other.Task]);
        Assert.False(loops.IsCompleted);
        other.SetResult();
        await loops;
    }
}
