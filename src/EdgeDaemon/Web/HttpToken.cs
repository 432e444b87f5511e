using System.Security.Cryptography;
using System.Text;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
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

/// <summary>The token that requests which change something have to show. The file is read for every such request, so that it can be replaced at any time.</summary>
internal sealed partial class HttpToken(LiveConfig config, ILogger<HttpToken> log)
{
    /// <summary>Fewest bytes of a token; fewer could be guessed.</summary>
    public const int Shortest = 16;

    private const int Longest = 1024;
    private const string Scheme = "Bearer ";

    /// <summary>Looks at a request's <c>Authorization</c> header.</summary>
    public TokenCheck Check(HttpRequest request)
    {
        if (config.Current.Http.TokenFile is not { } file || Read(file) is not { } token) return TokenCheck.NoneToShow;
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return TokenCheck.Wrong;
        byte[] shown = Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim());
        // Hashes have one length: the time of the comparison says nothing, not even how long the token is.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(shown), SHA256.HashData(token)) ? TokenCheck.Shown : TokenCheck.Wrong;
    }

    private byte[]? Read(string file)
    {
        try
        {
            using FileStream stream = RegularFile.OpenStream(file);
            byte[] bytes = new byte[Longest + 1];
            ReadOnlySpan<byte> token = bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            bool isTooLong = token.Length > Longest;
            token = token.Trim(" \t\r\n"u8);
            if (!isTooLong && token.Length >= Shortest) return token.ToArray();
            LogUnusable(file, isTooLong ? $"it has more than {Longest} bytes" : $"it has {token.Length} bytes", Shortest, Longest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnusable(file, e.Message, Shortest, Longest);
        }

        return null;
    }

    [OperatorAction("Write a token of at least 16 characters into the file, readable by the service's user only. No restart is needed.")]
    [LoggerMessage(6002, LogLevel.Warning, "The token of {File} can't be used: {Why}; expected {Shortest} to {Longest} bytes. No request can change anything")]
    private partial void LogUnusable(string file, string why, int shortest, int longest);
}
