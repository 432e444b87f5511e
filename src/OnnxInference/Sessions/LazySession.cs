namespace ClipFusion.OnnxInference.Sessions;

/// <summary>A network that is opened when it is first needed. What failed is tried again by the next who needs it: a GPU that was out of
/// memory may have some then.</summary>
internal sealed class LazySession(Func<NetworkSession> open) : IDisposable
{
    private readonly Lock _lock = new();
    private NetworkSession? _session;

    /// <summary>The network, opened by the first caller while the others wait.</summary>
    public NetworkSession Open()
    {
        lock (_lock)
            return _session ??= open();
    }

    /// <summary>Whether it was opened. Does not wait for who opens it now.</summary>
    public bool IsOpen => Volatile.Read(ref _session) is not null;

    /// <summary>Frees the network; the next who needs it opens it again.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _session?.Dispose();
            _session = null;
        }
    }

    public void Dispose() => Close();
}
