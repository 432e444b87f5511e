using System.Net;
using System.Net.Sockets;

namespace ClipFusion.ApplianceTests.Broker;

/// <summary>A cable between client and broker that can be cut, or go dead without either side being told.</summary>
internal sealed class Cable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _ends = [];
    private readonly Task _loop;
    private volatile bool _isDead;
    private volatile bool _isOut;

    public Cable(int to)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = Task.Run(() => AcceptAsync(to));
    }

    public int Port { get; }

    /// <summary>From here nothing passes, and nobody hears of it; connections made later work.</summary>
    public void GoDead() => _isDead = true;

    /// <summary>Resets every connection and takes no new one until a task is done.</summary>
    public async Task StayCutAsync(Task until)
    {
        _isOut = true;
        Cut();
        await until;
        _isOut = false;
    }

    /// <summary>Resets every connection.</summary>
    public void Cut()
    {
        lock (_ends)
        {
            foreach (var end in _ends)
            {
                // Null once a pump has let go of it.
                if (end.Client is { } socket)
                    socket.LingerState = new LingerOption(true, 0);
                end.Dispose();
            }
            _ends.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        Cut();
        _stop.Dispose();
    }

    private async Task AcceptAsync(int to)
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_stop.Token);
                if (_isOut)
                {
                    near.Dispose();
                    continue;
                }
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, to, _stop.Token);
                lock (_ends)
                    _ends.AddRange([near, far]);
                _isDead = false;
                _ = PumpAsync(near, far);
                _ = PumpAsync(far, near);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        byte[] buffer = new byte[8192];
        bool dead = false;
        try
        {
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                dead |= _isDead;
                if (!dead)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
        // A dead cable does not even tell that one end has let go.
        if (!dead)
            to.Dispose();
    }
}
