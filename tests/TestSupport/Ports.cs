using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClipFusion.TestSupport;

/// <summary>TCP ports for programs that have to be told one before they start.</summary>
public static class Ports
{
    private const int Count = 12_000;

    // Below those that the system gives to clients and to listeners at port 0: no neighbour takes one by chance, not even while its
    // owner is restarted.
    private static readonly int End = FirstOfTheSystem();
    private static int _next = Environment.ProcessId * 97 % Count;

    /// <summary>A port that nobody listens at, and that this process gives to nobody else.</summary>
    public static int Free()
    {
        for (int tried = 0; tried < Count; tried++)
        {
            int port = End - 1 - (int)((uint)Interlocked.Increment(ref _next) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Somebody else's.
            }
        }

        throw new InvalidOperationException($"no free TCP port between {End - Count} and {End - 1}");
    }

    private static int FirstOfTheSystem()
    {
        string range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range");
        int first = int.Parse(range.Split((char[]?)null, 2)[0], CultureInfo.InvariantCulture);
        // A machine that gives out nearly all of them has no quiet range.
        return first > Count + 1024 ? first : 32_768;
    }
}
