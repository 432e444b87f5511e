using System.Net;
using Microsoft.AspNetCore.Connections;

namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>
/// The open connections. There is always room for one more: above <see cref="Maximum"/> one is closed that does nothing, of the
/// address that has most, the one that
/// has done nothing for longest. So nobody is locked out by connections that others only hold open.
/// </summary>
/// <param name="time">Monotonic clock.</param>
internal sealed class ConnectionTable(TimeProvider time)
{
    /// <summary>Most connections.</summary>
    public const int Maximum = 128;

    private readonly HashSet<ClientConnection> _all = [];
    private readonly Lock _gate = new();

    /// <summary>Open connections now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _all.Count;
        }
    }

    /// <summary>Serves a connection for as long as it lasts.</summary>
    public async Task ServeAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var own = new ClientConnection(
            (context.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None,
            () => context.Abort(new ConnectionAbortedException("others need the connection")),
            time
        );
        context.Features.Set(own);
        Add(own)?.Close();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            Remove(own);
        }
    }

    /// <summary>Takes a connection in.</summary>
    /// <returns>The one that has to go for it, which no longer counts; null where there is room.</returns>
    public ClientConnection? Add(ClientConnection own)
    {
        lock (_gate)
        {
            _all.Add(own);
            if (_all.Count <= Maximum)
                return null;
            // Kept ones are bounded by themselves: listeners by their number, those that wait for a verdict have shown the token.
            ClientConnection? gone = _all.Where(c => c != own && c.Use != ConnectionUse.Kept)
                .GroupBy(c => c.Address)
                .MaxBy(a => a.Count())
                ?.MinBy(c => (c.Use, c.IdleSince));
            _all.Remove(gone ?? own);
            return gone ?? own;
        }
    }

    /// <summary>Lets a connection go.</summary>
    public void Remove(ClientConnection own)
    {
        lock (_gate)
            _all.Remove(own);
    }
}
