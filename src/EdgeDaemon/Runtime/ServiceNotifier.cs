using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// Tells the service manager, over its datagram socket, and never waits for it: a manager that does not read, or has gone, changes
/// nothing for the line. What can't be
/// told is logged once. READY=1 is told again with the next sign of life, because a manager that misses it gives the start up.
/// </summary>
/// <param name="address">Of <c>NOTIFY_SOCKET</c>: a path, or <c>@</c> and a name without a file.</param>
/// <param name="log">Event ids 5030 and 5031.</param>
internal sealed partial class ServiceNotifier(string address, ILogger<ServiceNotifier> log) : ISystemdNotifier
{
    private static readonly string Ready = ServiceState.Ready.ToString(),
        Stopping = ServiceState.Stopping.ToString();

    private readonly Lock _gate = new();
    private bool _owesReady;
    private string? _lastProblem;

    public bool IsEnabled => true;

    public void Notify(ServiceState state)
    {
        string text = state.ToString();
        lock (_gate)
        {
            if (text == Stopping)
                _owesReady = false;
            if (_owesReady && text != Ready)
                _owesReady = !Tell(Ready);
            bool isTold = Tell(text);
            if (text == Ready)
                _owesReady = !isTold;
        }
    }

    private bool Tell(string text)
    {
        string? problem = Send(text);
        if (problem is null && _lastProblem is not null)
            LogToldAgain();
        if (problem is not null && problem != _lastProblem)
            LogCannotTell(text, address, problem);
        _lastProblem = problem;
        return problem is null;
    }

    /// <returns>Why it could not be sent; null when it was.</returns>
    private string? Send(string text)
    {
        try
        {
            // A socket each time: the manager may have a new one under the same name.
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            socket.SendTo(
                Encoding.UTF8.GetBytes(text),
                new UnixDomainSocketEndPoint(address.StartsWith('@') ? '\0' + address[1..] : address)
            );
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            return "it does not read what it was told before";
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return e.Message;
        }
    }

    [OperatorAction(
        "Look at the service manager (journalctl -u clipfusion, systemctl status). The line goes on; a manager that hears no sign of "
            + "life restarts the program."
    )]
    [LoggerMessage(5030, LogLevel.Error, "The service manager can't be told {State} at {Address}: {Why}")]
    private partial void LogCannotTell(string state, string address, string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(5031, LogLevel.Information, "The service manager can be told again")]
    private partial void LogToldAgain();
}
