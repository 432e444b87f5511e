using System.Security.Cryptography;
using System.Text;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation.Files;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Whether a request showed the token.</summary>
internal enum TokenCheck
{
    /// <summary>It did.</summary>
    Shown,

    /// <summary>It showed none, or another one.</summary>
    Wrong,

    /// <summary>There is no token that could be shown: nothing may be changed over HTTP.</summary>
    NoneToShow,
}

/// <summary>
/// The token that requests which change something have to show. The file is read at the start and then every <see cref="Interval"/>, so
/// that it can be replaced at any time; a request never waits for a disk, however many ask.
/// </summary>
internal sealed partial class HttpToken : IDisposable
{
    /// <summary>Fewest bytes of a token; fewer could be guessed.</summary>
    public const int Shortest = 16;

    /// <summary>How old what is known of the file may be.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int Longest = 1024;
    private const string Scheme = "Bearer ";

    private readonly LiveConfig _config;
    private readonly ILogger<HttpToken> _log;
    private readonly ITimer? _timer;
    private byte[]? _hash;
    private string? _lastProblem;
    private int _reading;

    /// <summary>Reads the file for the first time.</summary>
    /// <param name="config">Names the file.</param>
    /// <param name="time">Says when to read it again.</param>
    /// <param name="log">Event ids 6002 and 6003.</param>
    public HttpToken(LiveConfig config, TimeProvider time, ILogger<HttpToken> log)
    {
        (_config, _log) = (config, log);
        if (config.Current.Http.TokenFile is null)
            return;
        Refresh();
        _timer = time.CreateTimer(_ => Refresh(), null, Interval, Interval);
    }

    /// <summary>Looks at a request's <c>Authorization</c> header.</summary>
    public TokenCheck Check(HttpRequest request)
    {
        if (Volatile.Read(ref _hash) is not { } expected)
            return TokenCheck.NoneToShow;
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return TokenCheck.Wrong;
        byte[] shown = Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim());
        // Hashes have one length: the time of the comparison says nothing, not even how long the token is.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(shown), expected) ? TokenCheck.Shown : TokenCheck.Wrong;
    }

    public void Dispose() => _timer?.Dispose();

    private void Refresh()
    {
        // A disk that hangs keeps one thread of the pool and no more; what was read last goes on.
        if (Interlocked.Exchange(ref _reading, 1) == 1)
            return;
        try
        {
            string file = _config.Current.Http.TokenFile!;
            (byte[]? hash, string? problem) = Read(file);
            if (problem is not null && problem != _lastProblem)
                LogUnusable(file, problem, Shortest, Longest);
            if (problem is null && _lastProblem is not null)
                LogUsable(file);
            _lastProblem = problem;
            Volatile.Write(ref _hash, hash);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private static (byte[]? Hash, string? Problem) Read(string file)
    {
        ReadOnlyMemory<byte> bytes;
        try
        {
            bytes = RegularFile.ReadAtMost(file, Longest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }

        if (bytes.Length > Longest)
            return (null, $"it has more than {Longest} bytes");
        ReadOnlySpan<byte> token = bytes.Span.Trim(" \t\r\n"u8);
        return token.Length < Shortest ? (null, $"it has {token.Length} bytes") : (SHA256.HashData(token), null);
    }

    [OperatorAction("Write a token of at least 16 characters into the file, readable by the service's user only. No restart is needed.")]
    [LoggerMessage(
        6002,
        LogLevel.Warning,
        "The token of {File} can't be used: {Why}; expected {Shortest} to {Longest} bytes. No request can change anything"
    )]
    private partial void LogUnusable(string file, string why, int shortest, int longest);

    [OperatorAction("Nothing.")]
    [LoggerMessage(6003, LogLevel.Information, "The token of {File} can be used again")]
    private partial void LogUsable(string file);
}
