using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>A small text file of one number per station with a checksum, padded to whole pages so that it can be rewritten in
/// place.</summary>
/// <remarks>One of the two files is replaced whole; the other is rewritten in place after every commit, which a new file each time would
/// slow down, and its checksum tells a torn one (<see cref="SequenceMarks"/>).</remarks>
internal static class SequenceFile
{
    private const string Header = "clipfusion-sequences 1";
    private const string ChecksumWord = "sha256 ";
    private const int PageSize = 4096;
    private const int LargestFile = 1 << 20;

    // Leaves room for what a reset adds.
    private const long LargestMark = StoredRules.LargestNumber - (1 << 20);

    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Numbers by station; null when it is missing, its checksum does not fit, or it holds something else than stations and their
    /// numbers.</returns>
    /// <exception cref="IOException">It can't be read, or is no file.</exception>
    public static Dictionary<string, long>? Read(string path)
    {
        if (RegularFile.IsSomethingElse(path))
            throw new IOException($"{path} is no regular file: move it away");
        if (!File.Exists(path) || new FileInfo(path).Length > LargestFile)
            return null;
        string[] lines = RegularFile.ReadAllText(path, LargestFile).TrimEnd('\n').Split('\n');
        if (lines.Length < 2 || lines[0] != Header || lines[^1] != ChecksumWord + Checksum(string.Join('\n', lines[..^1])))
            return null;
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in lines[1..^1])
        {
            bool isGood =
                line.Split(' ') is [var station, var text]
                && StoredRules.IsStation(station)
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                && number <= LargestMark
                && numbers.TryAdd(station, number);
            if (!isGood)
                return null;
        }

        return numbers;
    }

    /// <summary>Replaces it in one step that survives a power cut: either the old or the new content is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="numbers">Numbers by station.</param>
    public static void Replace(string path, IEnumerable<KeyValuePair<string, long>> numbers) =>
        AtomicFile.Write(path, Durability.PowerCut, Content(numbers));

    /// <summary>Bytes of the file: whole pages.</summary>
    /// <param name="numbers">Numbers by station; names without spaces.</param>
    /// <returns>UTF-8 text, padded with line feeds.</returns>
    public static byte[] Content(IEnumerable<KeyValuePair<string, long>> numbers)
    {
        string body = string.Join(
            '\n',
            numbers
                .OrderBy(n => n.Key, StringComparer.Ordinal)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Key} {n.Value}"))
                .Prepend(Header)
        );
        byte[] text = Encoding.UTF8.GetBytes($"{body}\n{ChecksumWord}{Checksum(body)}\n");
        byte[] pages = new byte[(text.Length + PageSize - 1) / PageSize * PageSize];
        pages.AsSpan().Fill((byte)'\n');
        text.CopyTo(pages, 0);
        return pages;
    }

    private static string Checksum(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
