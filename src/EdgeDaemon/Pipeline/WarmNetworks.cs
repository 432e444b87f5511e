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
    private readonly TaskCompletionSource<OpenPack> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opens the pack; to be called once.</summary>
    /// <exception cref="PackException">There is no usable pack.</exception>
    public async Task<OpenPack> OpenAsync(CancellationToken stop)
    {
        try
        {
            OpenPack opened = await Task.Run(Open, stop).ConfigureAwait(false);
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

    public void Dispose()
    {
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
