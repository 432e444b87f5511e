using System.Net;
using System.Net.Sockets;
using ClipFusion.EdgeDaemon.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>The address of page and API, taken before anything else starts: a port that somebody else has is one clear error, not a program
/// that dies half started.</summary>
internal sealed class HttpSocket : IDisposable
{
    private const int Backlog = 512;
    private readonly Socket _socket;

    private HttpSocket(Socket socket) => _socket = socket;

    /// <summary>Where it listens; the port is the real one, also where the system picked it.</summary>
    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Takes the configured address.</summary>
    /// <exception cref="IOException">It can't be had; the message names address and port.</exception>
    public static HttpSocket Take(HttpConfig config)
    {
        var wanted = new IPEndPoint(config.Address, config.Port);
        try
        {
            Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(wanted);
            // Listening already: two programs may be bound to one port, but only one listens.
            socket.Listen(Backlog);
            return new HttpSocket(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new IOException(
                $"page and API: port {wanted.Port} of {wanted.Address} is taken by another program; expected a free one in $.http.port "
                    + "(0 = one that the system picks)",
                e
            );
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"page and API: can't listen at {wanted}: {e.Message}; expected an address of this machine in $.http.address and a "
                    + "port that this user may open in $.http.port",
                e
            );
        }
    }

    /// <summary>The socket, for the web server.</summary>
    public Socket Hand() => _socket;

    public void Dispose() => _socket.Dispose();
}
