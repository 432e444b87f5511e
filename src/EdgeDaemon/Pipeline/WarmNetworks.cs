using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>An open model pack.</summary>
/// <param name="Pack">Its networks.</param>
internal sealed record OpenPack(ModelPack Pack)
{
    /// <summary>Names it in verdicts.</summary>
    public string Hash => Pack.Hash;
}

/// <summary>The networks, opened while the box serves its state already; whoever needs them waits.</summary>
/// <param name="folder">The pack's folder.</param>
/// <param name="settings">How networks run on the CPU.</param>
/// <param name="accelerator">What else may run them.</param>
/// <param name="opened">Told of the pack before its first network is opened; null for nobody.</param>
internal sealed class WarmNetworks(string folder, SessionSettings settings, ProviderSettings accelerator, Action<ModelPack>? opened = null)
    : IDisposable
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
            // A stop waits for this moment: see there.
            await Task.Run(OnnxRuntimeLibrary.Start, CancellationToken.None).ConfigureAwait(false);
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

    /// <summary>What runs them; nothing before they are open.</summary>
    public ProviderStatus Status =>
        _opened.Task.IsCompletedSuccessfully ? ProviderStatus.Of(_opened.Task.Result.Pack) : ProviderStatus.None;

    /// <summary>Waits for the networks.</summary>
    public Task<OpenPack> WhenOpenAsync(CancellationToken stop) => _opened.Task.WaitAsync(stop);

    /// <summary>Keeps the networks open at the end of the program while a task runs on them, even one that nobody waits for any
    /// more.</summary>
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
            if (_users.Exists(u => !u.IsCompleted))
                return;
        }

        if (_opened.Task.IsCompletedSuccessfully)
            _opened.Task.Result.Pack.Dispose();
    }

    private OpenPack Open()
    {
        ModelPack pack = ModelPack.Open(folder, settings, providers: accelerator);
        opened?.Invoke(pack);
        return new OpenPack(pack);
    }
}
