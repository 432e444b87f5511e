using System.Globalization;
using System.Net.Security;
using System.Text;

namespace ClipFusion.Tests.Models.Download;

/// <summary>One request, and the means to answer it well or badly.</summary>
internal sealed class Exchange
{
    private const int MaxHeadBytes = 16 << 10;

    private readonly SslStream _stream;
    private readonly Dictionary<string, string> _headers;

    private Exchange(SslStream stream, string method, string path, Dictionary<string, string> headers, CancellationToken stopping) =>
        (_stream, Method, Path, _headers, Stopping) = (stream, method, path, headers, stopping);

    public CancellationToken Stopping { get; }

    public string Method { get; }

    public string Path { get; }

    /// <summary>First byte of the Range header, or null without one.</summary>
    public long? RangeStart =>
        Header("Range") is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;

    public string? Header(string name) => _headers.GetValueOrDefault(name);

    public static async Task<Exchange> ReadAsync(SslStream stream, CancellationToken stopping)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (head.Length > MaxHeadBytes || await stream.ReadAsync(one, stopping) == 0)
                throw new IOException("no request");
            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        return new Exchange(stream, first[0], first[1], headers, stopping);
    }

    /// <summary>Sends a status line and headers; the connection closes after the answer.</summary>
    public Task HeadAsync(int status, params string[] headers) =>
        RawAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status} Scripted\r\nConnection: close\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n"
            )
        );

    public async Task RawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, Stopping);
        await _stream.FlushAsync(Stopping);
    }

    /// <summary>An answer without a body.</summary>
    public Task StatusAsync(int status, params string[] headers) => HeadAsync(status, [.. headers, "Content-Length: 0"]);

    /// <summary>Serves a file as a good server does: HEAD, ranges and If-Range included.</summary>
    /// <param name="content">The file.</param>
    /// <param name="eTag">Its entity tag, quoted.</param>
    /// <param name="stopAfter">Cut the connection after so many bytes of the body.</param>
    public async Task ServeAsync(byte[] content, string eTag = "\"v1\"", int? stopAfter = null)
    {
        bool rest = RangeStart is not null && (Header("If-Range") is not { } condition || condition == eTag);
        int start = rest ? (int)RangeStart!.Value : 0;
        if (start >= content.Length && rest)
        {
            await StatusAsync(416, $"Content-Range: bytes */{content.Length}");
            return;
        }

        string[] headers = [$"ETag: {eTag}", "Accept-Ranges: bytes", $"Content-Length: {content.Length - start}"];
        if (rest)
            await HeadAsync(206, [.. headers, $"Content-Range: bytes {start}-{content.Length - 1}/{content.Length}"]);
        else
            await HeadAsync(200, headers);
        if (Method != "HEAD")
            await RawAsync(content.AsMemory(start, stopAfter ?? (content.Length - start)));
    }

    /// <summary>Sends a body in chunks without stating its length.</summary>
    public async Task ServeChunkedAsync(byte[] content, bool end = true)
    {
        await HeadAsync(200, "ETag: \"v1\"", "Transfer-Encoding: chunked");
        if (Method == "HEAD")
            return;
        foreach (byte[] chunk in content.Chunk(4096))
        {
            await RawAsync(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            await RawAsync(chunk);
            await RawAsync("\r\n"u8.ToArray());
        }

        if (end)
            await RawAsync("0\r\n\r\n"u8.ToArray());
    }

    /// <summary>Waits until the client hangs up.</summary>
    public async Task HungUpAsync() => _ = await _stream.ReadAsync(new byte[1], Stopping);
}
