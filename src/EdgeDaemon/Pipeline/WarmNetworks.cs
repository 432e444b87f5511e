using System.Security.Cryptography;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>An open model pack.</summary>
/// <param name="Pack">Its networks.</param>
/// <param name="Hash">First sixteen digits of its manifest's SHA-256; names it in verdicts.</param>
internal sealed record OpenPack(ModelPack Pack, string Hash);

/// <summary>The networks, opened while the box serves its state already; whoever needs them waits.</summary>
internal sealed class WarmNetworks(string folder, SessionSettings settings) : IDisposable
{
    // Bounded by the stations: each loads one recipe at a time.
    private readonly List<Task> _users = [];
    private readonly TaskCompletionSource<OpenPack> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opens the pack; to be called once.</summary>
    /// <exception cref="PackException">There is no usable pack.</exception>
    public async Task<OpenPack> OpenAsync(CancellationToken stop)
    {
        try
        {
            // Not every step of it can be interrupted (a pack is large, an engine build takes minutes): the stop does not wait for it.
            OpenPack opened = await Task.Run(Open, stop).WaitAsync(stop).ConfigureAwait(false);
            _opened.SetResult(opened);
            return opened;
        }
        catch (OperationCanceledException)
        {
            _opened.TrySetCanceled(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Waits for the networks.</summary>
    public Task<OpenPack> WhenOpenAsync(CancellationToken stop) => _opened.Task.WaitAsync(stop);

    /// <summary>Keeps the networks open at the end of the program while a task runs on them, even one that nobody waits for any more.</summary>
    public void KeepFor(Task user)
    {
        lock (_users)
        {
            _users.RemoveAll(u => u.IsCompleted);
            _users.Add(user);
        }
    }

    public void Dispose()
    {
        // Memory must not be freed under a network that runs; the process ends anyway.
        lock (_users)
        {
            if (_users.Exists(u => !u.IsCompleted)) return;
        }

        if (_opened.Task.IsCompletedSuccessfully) _opened.Task.Result.Pack.Dispose();
    }

    private OpenPack Open()
    {
        ModelPack pack = ModelPack.Open(folder, settings);
        try
        {
            byte[] hash = SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, PackManifest.FileName)));
            return new OpenPack(pack, Convert.ToHexStringLower(hash.AsSpan(0, 8)));
        }
        catch
        {
            pack.Dispose();
            throw;
        }
    }
}
