namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>Loops that run side by side as long as the program does.</summary>
internal static class Loops
{
    /// <summary>Waits for all, but not when one of them fails: its failure comes out at once, so that the program ends and is started again
    /// instead of standing half dead.</summary>
    public static async Task RunAsync(IEnumerable<Task> loops)
    {
        List<Task> left = [.. loops];
        while (left.Count > 0)
        {
            Task done = await Task.WhenAny(left).ConfigureAwait(false);
            left.Remove(done);
            await done.ConfigureAwait(false);
        }
    }
}
