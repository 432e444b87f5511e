using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace ClipFusion.TestSupport;

/// <summary>A service manager's end of the notify protocol: a datagram socket that hears what the program says.</summary>
public sealed class NotifySocket : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();

    /// <param name="isAbstract">Whether it has a name without a file, as managers in containers do.</param>
    /// <param name="isDeaf">Whether it reads nothing, and has no place left, until <see cref="Hear"/>.</param>
    public NotifySocket(bool isAbstract = false, bool isDeaf = false)
    {
        Path = isAbstract ? "@" + System.IO.Path.GetFileName(_folder.Root) : _folder["notify"];
        var address = new UnixDomainSocketEndPoint(isAbstract ? '\0' + Path[1..] : Path);
        _socket.Bind(address);
        if (isDeaf)
            Fill(address);
        else
            Hear();
    }

    /// <summary>For <c>NOTIFY_SOCKET</c>.</summary>
    public string Path { get; }

    /// <summary>Begins to read.</summary>
    public void Hear() => _ = HearAsync();

    /// <summary>The next message.</summary>
    public ValueTask<string> NextAsync(CancellationToken cancellation) => _heard.Reader.ReadAsync(cancellation);

    /// <summary>Reads until a message comes.</summary>
    /// <returns>What came before it.</returns>
    public async Task<List<string>> UntilAsync(string message, CancellationToken cancellation)
    {
        List<string> before = [];
        for (string next; (next = await NextAsync(cancellation)) != message; )
            before.Add(next);
        return before;
    }

    /// <summary>Hears nothing more.</summary>
    public void Close() => _socket.Dispose();

    /// <summary>What was heard and not read, after <see cref="Close"/>.</summary>
    public async Task<List<string>> RestAsync(CancellationToken cancellation)
    {
        List<string> rest = [];
        await foreach (string message in _heard.Reader.ReadAllAsync(cancellation))
            rest.Add(message);
        return rest;
    }

    public void Dispose()
    {
        Close();
        _folder.Dispose();
    }

    private static void Fill(UnixDomainSocketEndPoint address)
    {
        // A sender has a limit of its own: only one that can't send its first word tells that the queue is full.
        int sent;
        do
        {
            sent = 0;
            using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            try
            {
                for (; ; sent++)
                    sender.SendTo("FILLED=1"u8, address);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                // One of the two is full.
            }
        } while (sent > 0);
    }

    private async Task HearAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                int length = await _socket.ReceiveAsync(buffer);
                _heard.Writer.TryWrite(Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n'));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _heard.Writer.TryComplete();
        }
    }
}
