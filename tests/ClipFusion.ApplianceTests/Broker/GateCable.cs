using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClipFusion.ApplianceTests.Broker;

/// <summary>What a gate does with a packet of a client.</summary>
public enum GateAction
{
    /// <summary>Lets it through.</summary>
    Pass,

    /// <summary>Ends the connection, as RabbitMQ and aedes do at a forbidden message.</summary>
    Close,

    /// <summary>Acknowledges it and throws it away, as NATS and mosquitto do with MQTT 3.1.1.</summary>
    Acknowledge,

    /// <summary>Throws it away without a word.</summary>
    Swallow,

    /// <summary>Answers a CONNECT with "not authorised".</summary>
    RefuseClient,
}

/// <summary>A packet of a client: its kind (1 CONNECT, 3 PUBLISH, 8 SUBSCRIBE, ...), and client id, topic or first filter where it has
/// one.</summary>
internal readonly record struct GatePacket(int Kind, string Name);

/// <summary>A cable to a broker with rules of access of its own: it reads each packet of the clients and lets through what a rule
/// allows.</summary>
internal sealed class GateCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<GatePacket, GateAction> _rule;
    private readonly Task _loop;
    private int _connections;

    public GateCable(int to, Func<GatePacket, GateAction> rule)
    {
        _rule = rule;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = Task.Run(() => AcceptAsync(to));
    }

    public int Port { get; }

    /// <summary>Connections made so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync(int to)
    {
        try
        {
            while (true)
            {
                TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, to, _stop.Token);
                _ = ForwardAsync(near, far);
                _ = BackAsync(far, near);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task ForwardAsync(TcpClient near, TcpClient far)
    {
        using (near)
        using (far)
        {
            try
            {
                bool isV5 = false;
                while (await ReadAsync(near.GetStream()) is { } packet)
                {
                    if (packet[0] >> 4 == 1)
                        isV5 = packet[HeaderLength(packet) + 6] == 5;
                    switch (_rule(Describe(packet)))
                    {
                        case GateAction.Pass:
                            await far.GetStream().WriteAsync(packet, _stop.Token);
                            break;
                        case GateAction.Close:
                            return;
                        case GateAction.Acknowledge:
                            int id = HeaderLength(packet) + 2 + Encoding.UTF8.GetByteCount(Describe(packet).Name);
                            await near.GetStream().WriteAsync(new byte[] { 0x40, 2, packet[id], packet[id + 1] }, _stop.Token);
                            break;
                        case GateAction.RefuseClient:
                            await near.GetStream().WriteAsync(isV5 ? [0x20, 3, 0, 0x87, 0] : new byte[] { 0x20, 2, 0, 5 }, _stop.Token);
                            return;
                    }
                }
            }
            catch (Exception e)
                when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One end has let go.
            }
        }
    }

    private async Task BackAsync(TcpClient far, TcpClient near)
    {
        try
        {
            await far.GetStream().CopyToAsync(near.GetStream(), _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end has let go.
        }
        near.Dispose();
    }

    private async Task<byte[]?> ReadAsync(NetworkStream from)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        int length = 0,
            shift = 0;
        do
        {
            if (await from.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Add(one[0]);
            if (head.Count > 1)
                length |= (one[0] & 0x7f) << (7 * shift++);
        } while (head.Count < 2 || (one[0] & 0x80) != 0);
        byte[] packet = new byte[head.Count + length];
        head.CopyTo(packet);
        await from.ReadExactlyAsync(packet.AsMemory(head.Count), _stop.Token);
        return packet;
    }

    private static int HeaderLength(byte[] packet)
    {
        int at = 1;
        while ((packet[at++] & 0x80) != 0)
        {
            // The length goes on.
        }
        return at;
    }

    private static GatePacket Describe(byte[] packet)
    {
        int kind = packet[0] >> 4,
            at = HeaderLength(packet);
        bool isV5 = kind == 1 && packet[at + 6] == 5;
        // CONNECT: name, level, flags, keep-alive and, in version 5, properties stand before the client id.
        if (kind == 1)
            at += 10 + (isV5 ? 1 + packet[at + 10] : 0);
        // SUBSCRIBE in version 3.1.1: its number.
        else if (kind == 8)
            at += 2;
        else if (kind != 3)
            return new GatePacket(kind, "");
        int length = (packet[at] << 8) | packet[at + 1];
        return new GatePacket(kind, Encoding.UTF8.GetString(packet, at + 2, Math.Min(length, packet.Length - at - 2)));
    }
}
