using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClipFusion.ApplianceTests.Broker;

/// <summary>A cable that can hold back what one kind of client sends, told by its client id, until the client's own buffers are full; all
/// others pass.</summary>
internal sealed class PickyCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _pumps = [];
    private readonly byte[] _clientId;
    private readonly Task _loop;
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="to">Port of the broker.</param>
    /// <param name="clientId">Part of the client id that the held-back clients have, and no other.</param>
    public PickyCable(int to, string clientId)
    {
        _clientId = Encoding.ASCII.GetBytes(clientId);
        _open.SetResult();
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = Task.Run(() => AcceptAsync(to));
    }

    public int Port { get; }

    /// <summary>From here nothing of those clients is passed on, or read.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything passes again, what was held back first.</summary>
    public void Release() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        await Task.WhenAll(_pumps);
        _stop.Dispose();
    }

    private async Task AcceptAsync(int to)
    {
        try
        {
            while (true)
            {
                TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, to, _stop.Token);
                _pumps.Add(Task.WhenAll(PumpAsync(near, far, isSender: true), PumpAsync(far, near, isSender: false)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isSender)
    {
        byte[] buffer = new byte[8192];
        bool? isHeld = isSender ? null : false;
        try
        {
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                // The first packet is CONNECT.
                isHeld ??= buffer.AsSpan(0, count).IndexOf(_clientId) >= 0;
                if (isHeld.Value)
                    await _open.Task.WaitAsync(_stop.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end has let go.
        }

        from.Dispose();
        to.Dispose();
    }
}
