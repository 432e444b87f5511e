using System.Text.Json;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// A model pack that was found damaged, remembered over restarts and power cuts in the data folder, because the pack's own may be
/// read-only: the pack has to pass its whole check before anything is judged with it again. A mark that can't be read still holds.
/// </summary>
/// <param name="dataFolder">Where it is kept.</param>
internal sealed class PackMark(string dataFolder)
{
    private const int MaxBytes = 1 << 16;

    private readonly string _path = Path.Combine(dataFolder, "pack.quarantined.json");

    /// <summary>Which pack it is about (null for any) and what was found; null when there is none.</summary>
    public (string? Pack, string Why)? Read()
    {
        if (!Path.Exists(_path))
            return null;
        try
        {
            Content? mark = JsonSerializer.Deserialize<Content>(RegularFile.ReadAllText(_path, MaxBytes));
            return (mark?.Pack, mark?.Why is { } why ? $"on {mark.Since:yyyy-MM-dd}: {why}" : $"{_path} does not say why");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return (null, $"{_path} does not say why: {e.Message}");
        }
    }

    /// <summary>Marks a pack.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(string pack, string why, DateTimeOffset since) =>
        AtomicFile.Write(_path, Durability.PowerCut, JsonSerializer.SerializeToUtf8Bytes(new Content(pack, why, since)));

    /// <summary>Takes the mark away.</summary>
    /// <exception cref="IOException">It can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public void Delete() => AtomicFile.Delete(_path, Durability.PowerCut);

    private sealed record Content(string? Pack, string? Why, DateTimeOffset Since);
}
