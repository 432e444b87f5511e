using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Download;

/// <summary>
/// An unfinished download: the bytes so far (<c>.part</c>), and beside them (<c>.part.json</c>) what the server said about the file and how
/// many bytes are known to be on the disk. Bytes beyond that mark are not trusted after a crash: a power cut may have left holes there.
/// Appended to over hours and over restarts, so it is written in place and only its name is atomic.
/// </summary>
internal sealed class PartFile : IDisposable
{
    public const string Suffix = ".part";
    public const string StateSuffix = ".part.json";

    /// <summary>Bytes between two marks; what a kill can cost at most.</summary>
    private const long CheckpointBytes = 16L << 20;

    private readonly string _finalPath;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private State _state;

    private PartFile(string finalPath, FileStream stream, State state) => (_finalPath, _stream, _state) = (finalPath, stream, state);

    /// <summary>Bytes received so far.</summary>
    public long Length => _stream.Position;

    /// <summary>Size of the whole file as the server stated it, or null.</summary>
    public long? Total => _state.Total;

    /// <summary>Entity tag of the file that the bytes belong to, weak ones included, or null.</summary>
    public string? ETag => _state.ETag;

    /// <summary>What an If-Range header may carry: a strong entity tag, else a modification date, else null (no continuation
    /// possible).</summary>
    public string? Validator => _state.ETag is { } tag && !tag.StartsWith("W/", StringComparison.Ordinal) ? tag : _state.LastModified;

    /// <summary>SHA-256 of the bytes so far.</summary>
    public string Sha256 => Sha256Text.Of(_hash);

    private string StatePath => _finalPath + StateSuffix;

    /// <summary>Opens what an earlier pull left, hashing its bytes, or starts anew when that came from another URL or cannot be
    /// continued.</summary>
    public static async Task<PartFile> OpenAsync(string finalPath, Uri url, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(finalPath)!);
        var state = ReadState(finalPath + StateSuffix);
        var stream = new FileStream(
            finalPath + Suffix,
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.None,
            0,
            FileOptions.Asynchronous
        );
        var part = new PartFile(finalPath, stream, state ?? new State(url.AbsoluteUri, null, null, null, 0));
        try
        {
            bool usable = state is not null && state.Url == url.AbsoluteUri && part.Validator is not null && state.Bytes <= stream.Length;
            if (usable)
                await part.HashExistingAsync(state!.Bytes, cancellation).ConfigureAwait(false);
            else
                part.Restart(url, null, null, null);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that a part file on the disk would save from being downloaded; for estimates.</summary>
    public static long LengthOnDisk(string finalPath) => new FileInfo(finalPath + Suffix) is { Exists: true } file ? file.Length : 0;

    /// <summary>Throws the bytes away and notes what the server now says about the file.</summary>
    public void Restart(Uri url, string? eTag, string? lastModified, long? total)
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _ = _hash.GetHashAndReset();
        _state = new State(url.AbsoluteUri, eTag, lastModified, total, 0);
        Checkpoint();
    }

    /// <summary>Adds received bytes.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _stream.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        _hash.AppendData(bytes.Span);
        if (Length - _state.Bytes >= CheckpointBytes)
            Checkpoint();
    }

    /// <summary>Makes the bytes so far durable.</summary>
    public void Checkpoint()
    {
        _stream.Flush(flushToDisk: true);
        _state = _state with { Bytes = Length };
        AtomicFile.Write(StatePath, Durability.PowerCut, JsonSerializer.Serialize(_state));
    }

    /// <summary>Puts the finished file in place under its own name and closes it.</summary>
    public void Install()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        AtomicFile.Install(_finalPath + Suffix, _finalPath, Durability.PowerCut);
        File.Delete(StatePath);
    }

    /// <summary>Removes the bytes and closes the file.</summary>
    public void Discard()
    {
        _stream.Dispose();
        File.Delete(_finalPath + Suffix);
        File.Delete(StatePath);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private async Task HashExistingAsync(long length, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            for (long left = length; left > 0; )
            {
                int read = await _stream
                    .ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellation)
                    .ConfigureAwait(false);
                if (read == 0)
                    throw new EndOfStreamException($"{_finalPath}{Suffix} became shorter while it was read");
                _hash.AppendData(buffer, 0, read);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _stream.SetLength(length);
    }

    private const int MaxStateBytes = 1 << 20;

    private static State? ReadState(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<State>(RegularFile.ReadAllBytes(path, MaxStateBytes)) : null;
        }
        catch (JsonException)
        {
            return null; // Only worth what it can save: without it the download starts from its first byte.
        }
    }

    /// <summary>What is known about the bytes: their URL (without credentials), the server's validators and size, and the durable
    /// length.</summary>
    private sealed record State(string Url, string? ETag, string? LastModified, long? Total, long Bytes);
}
