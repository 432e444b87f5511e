using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.OnnxInference.Engines;

/// <summary>
/// Engines that gave wrong results, so that a restart does not try them again. A mark is a small file in the folder of an
/// <see cref="EngineCacheKey"/>: a new pack, driver or TensorRT has another folder and starts clean. Without a folder marks live as long as
/// the program.
/// </summary>
/// <param name="folder">The key's folder; null for none.</param>
/// <param name="time">Says when a mark was made; the system's clock where it is not given.</param>
internal sealed class Quarantine(string? folder, TimeProvider? time = null)
{
    private const string Suffix = ".quarantined.json";
    private const int MaxBytes = 1 << 16;

    private readonly Dictionary<string, string> _unwritten = new(StringComparer.Ordinal);

    /// <summary>Why a graph is not run on a provider; null when nothing is held against it. A mark that can't be read still
    /// counts.</summary>
    public string? ReasonAgainst(string graph, ExecutionProvider provider)
    {
        string name = NameOf(graph, provider);
        lock (_unwritten)
        {
            if (_unwritten.TryGetValue(name, out string? reason))
                return reason;
        }

        if (folder is null || !File.Exists(Path.Combine(folder, name)))
            return null;
        try
        {
            var file = new FileInfo(Path.Combine(folder, name));
            Mark? mark =
                file.Length <= MaxBytes ? JsonSerializer.Deserialize<Mark>(RegularFile.ReadAllText(file.FullName, MaxBytes)) : null;
            return mark?.Reason is { } reason
                ? $"quarantined on {mark.Since:yyyy-MM-dd}: {reason}"
                : $"quarantined; {file.FullName} does not say why";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return $"quarantined; {folder}/{name} does not say why: {e.Message}";
        }
    }

    /// <summary>Marks a graph on a provider.</summary>
    /// <returns>The reason, with a remark when the mark could not be written.</returns>
    public string Add(string graph, ExecutionProvider provider, IReadOnlyList<ParityError> errors)
    {
        string name = NameOf(graph, provider),
            reason = ParityError.Reason(errors);
        lock (_unwritten)
            _unwritten[name] = reason;
        if (folder is null)
            return reason;
        try
        {
            AtomicFile.Write(
                Path.Combine(folder, name),
                Durability.PowerCut,
                JsonSerializer.SerializeToUtf8Bytes(new Mark(reason, (time ?? TimeProvider.System).GetUtcNow()))
            );
            return reason;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{reason} (not remembered beyond this run: {e.Message})";
        }
    }

    /// <summary>Takes every mark away, and the engines that earned them, so that others are built: a technician wants them tried
    /// again.</summary>
    /// <returns>How many there were.</returns>
    public int Clear()
    {
        int count;
        lock (_unwritten)
        {
            count = _unwritten.Count;
            _unwritten.Clear();
        }

        if (folder is null || !Directory.Exists(folder))
            return count;
        string[] marks = Directory.GetFiles(folder, $"*{Suffix}");
        foreach (string mark in marks)
        {
            string engines = Path.Combine(folder, Path.GetFileName(mark).Split('.')[0]);
            if (Directory.Exists(engines))
                Directory.Delete(engines, recursive: true);
            AtomicFile.Delete(mark, Durability.PowerCut);
        }

        return Math.Max(count, marks.Length);
    }

    private static string NameOf(string graph, ExecutionProvider provider) => $"{graph}.{ProviderNames.Text(provider)}{Suffix}";

    private sealed record Mark(string? Reason, DateTimeOffset Since);
}
