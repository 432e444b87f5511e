using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClipFusion.Tests.Models.Download;

/// <summary>A small HTTPS server on a loopback port that the system picks: one request per connection, answered by a script.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Exchange, Task> _answer;
    private readonly Task _accepting;
    private readonly ConcurrentQueue<Exchange> _requests = new();

    public TlsServer(Func<Exchange, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Valid for localhost and 127.0.0.1; its own issuer, so that a process can be told to trust it.</summary>
    public static X509Certificate2 Certificate { get; } = MakeCertificate();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri BaseUrl => new($"https://localhost:{Port}/files/");

    /// <summary>Everything that was asked, in order of arrival.</summary>
    public IReadOnlyList<Exchange> Requests => [.. _requests];

    public IReadOnlyList<Exchange> Gets => [.. _requests.Where(r => r.Method == "GET")];

    /// <summary>A handler that trusts exactly this server's certificate.</summary>
    public static SocketsHttpHandler TrustingHandler() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, found, _, _) => found?.GetCertHashString() == Certificate.GetCertHashString(),
            },
        };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped listening.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _stop.Token);
                var exchange = await Exchange.ReadAsync(tls, _stop.Token);
                _requests.Enqueue(exchange);
                await _answer(exchange);
            }
            catch (Exception e)
                when (e
                        is IOException
                            or OperationCanceledException
                            or System.Security.Authentication.AuthenticationException
                            or ObjectDisposedException
                )
            {
                // The client went away, which is what many scripts are about.
            }
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
